#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shoal {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// Far above any page's form, far below what fills memory: a body of nothing but `a&a&a&` grows
/// thirty-fold when it is taken apart.
inline constexpr std::size_t kMaxFormPairs = 10'000;

/// The pairs of a query string or an urlencoded form, decoded, in order: at most `limit` of them,
/// what follows is left out.
Pairs decode_pairs(std::string_view text,
                   std::size_t limit = std::numeric_limits<std::size_t>::max());

/// Whether a Content-Type is application/x-www-form-urlencoded, with or without parameters.
bool is_form(std::string_view content_type);

}  // namespace shoal
