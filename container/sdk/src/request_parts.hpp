#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "form.hpp"
#include "shoal/host/access.hpp"
#include "shoal/host/exchange.hpp"
#include "shoal/request.hpp"

namespace shoal {

/// What a Request consists of. Modules do not know its layout, so it may change without a new ABI.
struct Request::Parts {
  Parts(host::Exchange& from, Response& to, std::string_view whole_path, std::string_view rest,
        host::CallHandler call, std::string_view request_id)
      : exchange(from),
        response(to),
        path(whole_path),
        path_info(rest),
        call_handler(std::move(call)),
        id(request_id) {}

  std::string_view param_or_empty(std::string_view name) const {
    return exchange.param(name).value_or(std::string_view());
  }

  /// Calls the handler of another module. Throws NoSuchModule, and std::runtime_error when handlers
  /// nest too deep.
  void call(std::string_view module, Request& request, Response& into);

  host::Exchange& exchange;
  Response& response;
  const std::string_view path;
  const std::string_view path_info;
  const host::CallHandler call_handler;
  const std::string_view id;
  int depth = 0;
  bool body_begun = false;
  std::optional<Pairs> query;  ///< decoded when it is first used
  std::optional<Pairs> form;   ///< decoded when it is first used
  std::string form_error;      ///< why the form cannot be read; empty: it can, or was not tried
};

}  // namespace shoal
