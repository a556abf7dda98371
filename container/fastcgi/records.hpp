#pragma once

#include <fastcgi.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// The records of FastCGI as bytes: https://fastcgi-archives.github.io/FastCGI_Specification.html,
// section 3.3. Pure functions.
namespace shoal::fastcgi {

inline constexpr std::size_t kHeaderSize = FCGI_HEADER_LEN;

/// What the header of a record says.
struct RecordHeader {
  int version = 0;
  int type = 0;
  int id = 0;  ///< FCGI_NULL_REQUEST_ID in a management record
  std::size_t length = 0;
  std::size_t padding = 0;
};

/// Reads the header at the front of `bytes`. REQUIRES: `bytes` has at least kHeaderSize bytes.
RecordHeader read_header(std::string_view bytes);

/// Returns the header of a record of `length` bytes, at most FCGI_MAX_LENGTH, that are followed by
/// `padding` bytes, at most 255.
std::array<char, kHeaderSize> header_of(int type, int id, std::size_t length,
                                        std::size_t padding = 0);

/// Appends a record without padding. REQUIRES: `content` has at most FCGI_MAX_LENGTH bytes.
void append_record(std::string& to, int type, int id, std::string_view content);

/// Appends END_REQUEST with this protocol status, e.g. FCGI_CANT_MPX_CONN.
void append_end_request(std::string& to, int id, int protocol_status);

/// The lengths with which a name-value pair begins.
struct PairLengths {
  std::size_t size = 0;  ///< bytes that the two lengths themselves take
  std::size_t name = 0;
  std::size_t value = 0;
};

/// Reads the lengths at the front of `pairs`. Returns nullopt if `pairs` ends within them.
std::optional<PairLengths> lengths_of_pair(std::string_view pairs);

/// A parameter, or what is asked with FCGI_GET_VALUES.
struct Param {
  std::string_view name;
  std::string_view value;
};

/// Takes the first pair off `pairs`. Returns nullopt if its lengths lead beyond the end.
std::optional<Param> take_pair(std::string_view& pairs);

/// Returns the content of FCGI_GET_VALUES_RESULT for the content of FCGI_GET_VALUES: the values
/// that we know of those that are asked for, each once. Returns nullopt if a pair leads beyond the
/// end. FCGI_MPXS_CONNS is 0: one request at a time on a connection.
std::optional<std::string> values_for(std::string_view query);

}  // namespace shoal::fastcgi
