#include "shoal/host/access.hpp"

#include <utility>

#include "draft.hpp"
#include "request_parts.hpp"

namespace shoal::host {

std::unique_ptr<Request> Access::make_request(Exchange& exchange, Response& response,
                                              std::string_view path, std::string_view path_info,
                                              CallHandler call_handler, std::string_view id) {
  auto parts = std::make_unique<Request::Parts>(exchange, response, path, path_info,
                                                std::move(call_handler), id);
  return std::unique_ptr<Request>(new Request(std::move(parts)));
}

std::unique_ptr<Response> Access::make_response(Exchange& exchange, bool head_request,
                                                std::string_view fixed_head) {
  auto draft = std::make_unique<Response::Draft>(exchange, head_request, fixed_head);
  return std::unique_ptr<Response>(new Response(std::move(draft)));
}

void Access::reset(Response& response) {
  Response::Draft& draft = *response.draft_;
  draft.require_unsent("reset");
  draft.discard_body();
  draft.headers.clear();
  draft.status = 200;
}

bool Access::finish(Response& response) {
  Response::Draft& draft = *response.draft_;
  if (!draft.head_sent) draft.send_head(true);
  return !draft.peer_gone;
}

std::optional<std::string> Access::answer_header(const Response& response, std::string_view name) {
  return response.draft_->sent_header(name);
}

std::uint64_t Access::bytes_written(const Response& response) { return response.draft_->length; }

}  // namespace shoal::host
