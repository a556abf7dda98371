#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace shoal::fastcgi {

/// Where the parameters of one request lie in the content of its PARAMS records, so that a look-up
/// compares sizes first. Holds no memory between requests: each thread has one spare list. Not
/// thread-safe.
class ParamIndex {
 public:
  static constexpr std::size_t kBytesLimit = 1 << 20;  ///< with their lengths
  static constexpr std::size_t kCountLimit = 4'096;    ///< a look-up walks them

  ParamIndex() = default;
  ~ParamIndex() { clear(); }
  ParamIndex(const ParamIndex&) = delete;
  ParamIndex& operator=(const ParamIndex&) = delete;

  /// Adds the parameters that are complete in `params`: the bytes of the last call, and more.
  /// Returns what is wrong with them, or null.
  const char* extend(std::string_view params);

  /// Returns true if the last parameter ends with `params`.
  bool complete(std::string_view params) const { return indexed_ == params.size(); }

  /// Returns the first value of this name in `params`, which were given to extend().
  std::optional<std::string_view> find(std::string_view params, std::string_view name) const;

  void clear();

 private:
  struct Entry {
    std::uint32_t name;  // where it begins; the value lies behind it
    std::uint32_t name_size;
    std::uint32_t value_size;
  };

  static std::vector<Entry>& spare_of_this_thread();

  std::vector<Entry> entries_;
  std::size_t indexed_ = 0;  // bytes
};

}  // namespace shoal::fastcgi
