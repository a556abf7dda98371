#include "fastcgi/records.hpp"

namespace shoal::fastcgi {

namespace {

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

/// Takes one length of a pair off `bytes`: one byte, or four that begin with a set bit.
std::optional<std::size_t> take_pair_length(std::string_view& bytes) {
  if (bytes.empty()) return std::nullopt;
  std::size_t length = byte_at(bytes, 0);
  const std::size_t size = length < 0x80 ? 1 : 4;
  if (bytes.size() < size) return std::nullopt;
  if (size == 4)
    length = (length & 0x7f) << 24 | byte_at(bytes, 1) << 16 | byte_at(bytes, 2) << 8 |
             byte_at(bytes, 3);
  bytes.remove_prefix(size);
  return length;
}

}  // namespace

RecordHeader read_header(std::string_view bytes) {
  return {.version = static_cast<int>(byte_at(bytes, 0)),
          .type = static_cast<int>(byte_at(bytes, 1)),
          .id = static_cast<int>(byte_at(bytes, 2) << 8 | byte_at(bytes, 3)),
          .length = byte_at(bytes, 4) << 8 | byte_at(bytes, 5),
          .padding = byte_at(bytes, 6)};
}

std::array<char, kHeaderSize> header_of(int type, int id, std::size_t length, std::size_t padding) {
  return {FCGI_VERSION_1,
          static_cast<char>(type),
          static_cast<char>(id >> 8),
          static_cast<char>(id),
          static_cast<char>(length >> 8),
          static_cast<char>(length),
          static_cast<char>(padding)};
}

void append_record(std::string& to, int type, int id, std::string_view content) {
  to.append(header_of(type, id, content.size()).data(), kHeaderSize).append(content);
}

void append_end_request(std::string& to, int id, int protocol_status) {
  const std::array<char, 8> content{0, 0, 0, 0, static_cast<char>(protocol_status)};
  append_record(to, FCGI_END_REQUEST, id, {content.data(), content.size()});
}

std::optional<PairLengths> lengths_of_pair(std::string_view pairs) {
  std::string_view rest = pairs;
  const auto name = take_pair_length(rest);
  const auto value = name ? take_pair_length(rest) : std::nullopt;
  if (!value) return std::nullopt;
  return PairLengths{.size = pairs.size() - rest.size(), .name = *name, .value = *value};
}

std::optional<Param> take_pair(std::string_view& pairs) {
  const auto lengths = lengths_of_pair(pairs);
  if (!lengths) return std::nullopt;
  const std::string_view rest = pairs.substr(lengths->size);
  // One after the other: the sum of two lengths need not fit in an int.
  if (lengths->name > rest.size() || lengths->value > rest.size() - lengths->name)
    return std::nullopt;
  pairs = rest.substr(lengths->name + lengths->value);
  return Param{rest.substr(0, lengths->name), rest.substr(lengths->name, lengths->value)};
}

// How many connections and requests we take, there is no number to tell.
std::optional<std::string> values_for(std::string_view query) {
  bool multiplexing = false;
  while (!query.empty()) {
    const auto asked = take_pair(query);
    if (!asked) return std::nullopt;
    multiplexing |= asked->name == FCGI_MPXS_CONNS;
  }
  if (!multiplexing) return "";
  constexpr std::string_view kName = FCGI_MPXS_CONNS;
  std::string values{static_cast<char>(kName.size()), 1};
  return values.append(kName).append("0");
}

}  // namespace shoal::fastcgi
