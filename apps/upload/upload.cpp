// Reads a body of any size in pieces, with little memory, and reports its size and its digest.
//
//   curl -T photo.jpg http://localhost:8080/upload
//   curl -T photo.jpg -H 'Accept: application/json' http://localhost:8080/upload
//
// The digest comes from libnettle, which can be unloaded together with the module. libcrypto
// cannot: it registers exit handlers and is marked NODELETE. The first module that loads it would
// keep it in the container until that ends.

#include <nettle/base16.h>
#include <nettle/sha2.h>

#include <array>
#include <cstdint>
#include <optional>
#include <shoal/module.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t kPiece = 64 * 1024;

constexpr std::string_view kForm =
    R"html(<p>Choose a file; it is read in pieces of 64 KiB, measured, and not kept.</p>
<form>
  <p><label for="file">File</label>
  <input id="file" name="file" type="file" required></p>
  <p><button>Send</button></p>
</form>
<pre role="status">No file sent yet.</pre>
<p>Or from a shell:</p>
<pre>curl -T FILE <span id="here">http://localhost:8080/upload</span></pre>
<script>
  // Sends the bytes of the file, not multipart/form-data, so that the digest is that of the file.
  const result = document.querySelector("[role=status]");
  document.getElementById("here").textContent = location.href;
  document.querySelector("form").addEventListener("submit", async event => {
    event.preventDefault();
    result.textContent = "Sending ...";
    try {
      const body = document.getElementById("file").files[0];
      const answer = await fetch(location.href, { method: "PUT", body });
      result.textContent = answer.ok ? await answer.text()
        : answer.status == 413 ? "Refused: the file is larger than this site takes (413)."
        : "Refused with status " + answer.status;
    } catch (error) {
      result.textContent = "Not sent: " + error.message;
    }
  });
</script>
)html";

/// SHA-256 of bytes that come in pieces.
class Digest {
 public:
  Digest() { sha256_init(&state_); }

  void add(std::string_view bytes) {
    sha256_update(&state_, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
  }

  /// Returns the digest in lower-case hexadecimal, and starts a new one.
  std::string finish() {
    std::array<std::uint8_t, SHA256_DIGEST_SIZE> binary;
    sha256_digest(&state_, binary.size(), binary.data());
    std::string text(BASE16_ENCODE_LENGTH(SHA256_DIGEST_SIZE), '\0');
    base16_encode_update(text.data(), binary.size(), binary.data());
    return text;
  }

 private:
  sha256_ctx state_;
};

bool starts_with(std::optional<std::string_view> text, std::string_view start) {
  return text && text->starts_with(start);
}

class Upload final : public shoal::Module {
 public:
  explicit Upload(const shoal::Context& context) : context_(context) {}

  void handle(shoal::Request& request, shoal::Response& response) override {
    const std::string_view method = request.method();
    if (method == "GET" || method == "HEAD") return show("Upload", kForm, request, response);
    if (method == "PUT" || method == "POST") return measure(request, response);
    response.status(405);
    response.header("Allow", "GET, HEAD, POST, PUT");
    show("Not possible", "<p>Send a file with PUT or POST.</p>\n", request, response);
  }

 private:
  /// Writes a page that looks like those of the aquarium: guestbook.cpp explains how.
  void show(const std::string& title, std::string_view content, shoal::Request& request,
            shoal::Response& response) const {
    response.html("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    response.write("<title>" + title + " · Aquarium</title>\n");
    try {
      request.include("aquarium.widget.frame", response);
    } catch (const shoal::NoSuchModule&) {  // the container has no aquarium
      response.write("</head>\n<body>\n");
    }
    response.write("<main id=\"main\">\n<h1>" + title + "</h1>\n" + std::string(content));
    response.write("</main>\n<footer>\n<p>What you send is measured and forgotten.</p>\n");
    response.write("<p>Answered by generation <strong>" + std::to_string(context_.generation()) +
                   "</strong> of group <strong>" + shoal::escape_html(context_.group()) +
                   "</strong></p>\n</footer>\n</body>\n</html>\n");
  }

  static void measure(shoal::Request& request, shoal::Response& response) {
    if (starts_with(request.header("Content-Type"), "multipart/")) {
      response.error(415, "Send the bytes of the file themselves, as curl -T does.");
      return;
    }
    Digest digest;
    std::uint64_t size = 0;
    std::vector<char> buffer(kPiece);
    // A truncated body throws BodyError, which the container answers with 400.
    while (const std::size_t count = request.body().read(buffer)) {
      digest.add({buffer.data(), count});
      size += count;
    }
    report(size, digest.finish(), starts_with(request.header("Accept"), "application/json"),
           response);
  }

  static void report(std::uint64_t size, const std::string& sha256, bool as_json,
                     shoal::Response& response) {
    const std::string bytes = std::to_string(size);
    if (as_json) {
      response.json("{\"bytes\":" + bytes + ",\"sha256\":\"" + sha256 + "\"}\n");
    } else {
      response.text("bytes  " + bytes + "\nsha256 " + sha256 + "\n");
    }
  }

  const shoal::Context& context_;
};

}  // namespace

SHOAL_MODULE(Upload)
