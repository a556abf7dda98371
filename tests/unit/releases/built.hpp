#pragma once

#include <algorithm>
#include <filesystem>
#include <string>

#include "releases/apps/identity.hpp"
#include "shoal/host/access.hpp"
#include "shoal/module.hpp"
#include "unit/sdk/memory_exchange.hpp"

namespace shoal::releases {

/// Where a module lies below an apps folder: `pond/base.so` for `pond.base`.
inline std::filesystem::path path_of(std::string module) {
  std::ranges::replace(module, '.', '/');
  return module + ".so";
}

/// The real module that the build made: see in_version() in CMakeLists.txt.
inline std::filesystem::path built(const std::string& version, const std::string& module) {
  return std::filesystem::path(SHOAL_UNIT_MODULES) / version / path_of(module);
}

/// The file as a scan would find it.
inline File file_at(const std::filesystem::path& path) {
  return {path, identity_of(path).value_or(Identity{})};
}

/// What a handler answers to a plain GET.
inline std::string answer_of(Module& handler) {
  test::MemoryExchange exchange;
  exchange.params["REQUEST_METHOD"] = "GET";
  const auto response = host::Access::make_response(exchange, false, "");
  const auto request = host::Access::make_request(exchange, *response, "/", "", {});
  handler.handle(*request, *response);
  host::Access::finish(*response);
  return exchange.body();
}

}  // namespace shoal::releases
