#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shoal {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// More pairs than the form of any page has, and few enough not to fill the memory: a body of
/// `a&a&a&` takes thirty times its size as pairs.
inline constexpr std::size_t kMaxFormPairs = 10'000;

/// Returns the pairs of a query string or an urlencoded form, decoded, in order. Returns only the
/// first `limit` of them.
Pairs decode_pairs(std::string_view text,
                   std::size_t limit = std::numeric_limits<std::size_t>::max());

/// Returns true if a Content-Type is application/x-www-form-urlencoded, with or without parameters.
bool is_form(std::string_view content_type);

}  // namespace shoal
