#include "status/page.hpp"

#include <gmock/gmock.h>
#include <nettle/base64.h>
#include <nettle/sha2.h>

#include <array>
#include <regex>

#include "sample.hpp"
#include "status/page_parts.hpp"

namespace shoal::status {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string hash_of(std::string_view text) {
  sha256_ctx context;
  nettle_sha256_init(&context);
  nettle_sha256_update(&context, text.size(), reinterpret_cast<const std::uint8_t*>(text.data()));
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
  nettle_sha256_digest(&context, digest.size(), digest.data());
  std::string encoded(BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE), '\0');
  nettle_base64_encode_raw(encoded.data(), digest.size(), digest.data());
  return "sha256-" + encoded;
}

/// Returns the text between the first `<name>` and `</name>`.
std::string inside(const std::string& html, const std::string& name) {
  const std::size_t begin = html.find("<" + name + ">") + name.size() + 2;
  return html.substr(begin, html.find("</" + name + ">") - begin);
}

/// Returns all tags without attributes, in order.
std::vector<std::string> tags_of(const std::string& html) {
  static const std::regex tag("<(/?[a-z0-9]+)");
  std::vector<std::string> tags;
  for (std::sregex_iterator at(html.begin(), html.end(), tag), end; at != end; ++at) {
    tags.push_back((*at)[1]);
  }
  return tags;
}

TEST(Page, BeginsWithTheHealth) {
  const std::string good = page(sample::healthy());
  EXPECT_THAT(good, HasSubstr("<title>all 3 groups are healthy · Shoal</title>"));
  EXPECT_LT(good.find("<h2>all 3 groups are healthy</h2>"), good.find("<h2>Groups</h2>"));
  const std::string bad = page(sample::troubled());
  EXPECT_THAT(bad, HasSubstr("<title>shop serves nothing · Shoal</title>"));
  EXPECT_LT(bad.find("apps/shop/cart.so: no database"), bad.find("<h2>Groups</h2>"));
}

TEST(Page, HasGroupsModulesThreadsProcessesAndCrashes) {
  const std::string html = page(sample::troubled());
  for (const char* text : {"aquarium/12",
                           "3b9f0a4c1d2e5f60718293a4b5c6d7e8f9012345",
                           "aquarium/screen/about.so",
                           "5 min ago",
                           "title=\"2024-03-05 03:01:48 UTC\"",
                           "4.8 ms",
                           "GET /report/annual?year=2023",
                           "5f1c09d2a4b7e803",
                           "held by thread 4731",
                           "in quarantine",
                           "draining",
                           "SIGSEGV",
                           "/run/shoal/crashes/2024-03-05T03-03-00.4690.txt",
                           "Earlier problems",
                           "1 worker process crashed within the last hour",
                           "configuration reloads",
                           "generations",
                           "aquarium::About::draw(shoal::Request&amp;)",
                           "2 h ago",
                           "did you mean &quot;settle&quot;?"}) {
    EXPECT_THAT(html, HasSubstr(text));
  }
}

TEST(Page, HasTheDeployerAndTheLastDeployments) {
  const std::string html = page(sample::troubled());
  EXPECT_THAT(html, HasSubstr("The deployer is process 4720, started <time "));
  EXPECT_THAT(html, HasSubstr(", and watches by inotify.</p>"));
  const auto begin = html.find("<h2>Deployments</h2>");
  const auto trying = html.find("<span class=\"note\">trying</span>", begin);
  const auto refused = html.find("<span class=\"warning\">refused</span>", begin);
  const auto live = html.find("<span class=\"good\">live</span>", begin);
  EXPECT_LT(trying, refused) << "the newest first";
  EXPECT_LT(refused, live);
  EXPECT_LT(live, html.find("</section>", begin));
  for (const char* text : {"files of mallory", "drop by trudy", ">340 ms<", "AddressSanitizer"}) {
    EXPECT_NE(html.find(text, begin), std::string::npos) << text;
  }
}

TEST(Page, SaysInTheRowOfAGroupWhatBecameOfItsLastDrop) {
  const std::string html = page(sample::troubled());
  const auto row_of = [&](const std::string& group) {
    const auto begin = html.find("<tr id=\"group-" + group + "\">");
    return html.substr(begin, html.find("</tr>", begin) - begin);
  };
  EXPECT_THAT(row_of("aquarium"), HasSubstr("data-is=\"last drop\">live <time "));
  EXPECT_THAT(row_of("guestbook"), HasSubstr("<b class=\"warning\">refused</b> <time "));
  EXPECT_THAT(row_of("hello"), HasSubstr("trying <time "));
  EXPECT_THAT(row_of("shop"), HasSubstr("<span class=\"none\">none</span>"));
}

TEST(Page, SaysThatTheDeployerDoesNotAnswer) {
  Overview overview = sample::healthy();
  overview.deployer->answers = false;
  overview.deployer->heard = sample::kNow - 12;
  const std::string html = page(overview);
  EXPECT_THAT(html, HasSubstr("the deployer does not answer; no drop is taken up"));
  EXPECT_THAT(html, HasSubstr("It does not answer."));
  EXPECT_THAT(html, HasSubstr(">12 s ago</time>"));
}

TEST(Page, EscapesTextFromOutside) {
  const std::string html = page(sample::hostile());
  EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;amp;"));
  EXPECT_THAT(html, Not(HasSubstr("\xff")));
  EXPECT_THAT(html, Not(HasSubstr("\x1b")));
  EXPECT_THAT(html, Not(HasSubstr("\xe2\x80\xae")));
  // If a hostile text were markup anywhere, there would be other tags than with harmless texts.
  EXPECT_EQ(tags_of(html), tags_of(page(sample::with_appended("tame\nword"))));
}

TEST(Page, LoadsNothingElse) {
  std::string html = page(sample::troubled());
  const std::string name_of_svg =
      "http://www.w3.org/2000/svg";  // a name, not an address that is fetched
  html.erase(html.find(name_of_svg), name_of_svg.size());
  for (const char* reference : {"http:", "https:", "src=", "@import", "url("}) {
    EXPECT_THAT(html, Not(HasSubstr(reference)));
  }
}

TEST(Page, CutsLongRequests) {
  Overview overview = sample::healthy();
  overview.workers[0].threads[1].request = "GET /" + std::string(8000, 'x');
  EXPECT_THAT(page(overview), Not(HasSubstr(std::string(400, 'x'))));
}

TEST(Page, OfAnEmptyOverviewIsComplete) {
  const std::string html = page(Overview{});
  EXPECT_THAT(html, HasSubstr("no worker process serves"));
  EXPECT_THAT(html, HasSubstr("</html>"));
}

TEST(Page, HasAPolicyThatAllowsOnlyItsOwnStyleAndScript) {
  const std::string html = page(sample::hostile());
  EXPECT_EQ(kPageStyleHash, hash_of(inside(html, "style"))) << "update it in page_style.cpp";
  EXPECT_EQ(kPageScriptHash, hash_of(inside(html, "script"))) << "update it in page_script.cpp";
  EXPECT_THAT(page_policy(), HasSubstr(std::string(kPageScriptHash)));
  EXPECT_THAT(page_policy(), HasSubstr(std::string(kPageStyleHash)));
  EXPECT_THAT(html, Not(HasSubstr(" style=")));
  EXPECT_THAT(html, Not(HasSubstr(" onclick=")));
}

}  // namespace
}  // namespace shoal::status
