#include "http.hpp"

#include <httplib.h>
#include <strings.h>

#include <algorithm>

#include "eventually.hpp"

namespace shoal::system {
namespace {

constexpr std::chrono::minutes kPatience{2};
constexpr std::size_t kShown = 5;  // problems, of what may be thousands

Answer answer_of(const httplib::Result& result) {
  Answer answer;
  if (!result) {
    answer.failure = httplib::to_string(result.error());
    return answer;
  }
  answer.status = result->status;
  answer.body = result->body;
  answer.headers.assign(result->headers.begin(), result->headers.end());
  return answer;
}

}  // namespace

std::string Answer::header(std::string_view name) const {
  const auto found = std::ranges::find_if(headers, [&](const auto& header) {
    return header.first.size() == name.size() &&
           ::strncasecmp(header.first.data(), name.data(), name.size()) == 0;
  });
  return found == headers.end() ? std::string() : found->second;
}

class Visitor::Connection : public httplib::Client {
 public:
  using Client::Client;
};

Visitor::Visitor(std::uint16_t port)
    : connection_(std::make_unique<Connection>("127.0.0.1", port)) {
  connection_->set_keep_alive(true);
  connection_->set_url_encode(false);
  connection_->set_connection_timeout(kPatience);
  connection_->set_read_timeout(kPatience);
  connection_->set_write_timeout(kPatience);
}

Visitor::~Visitor() = default;

Answer Visitor::get(const std::string& path) { return ask({.path = path}); }

Answer Visitor::ask(const Question& question) {
  httplib::Request request;
  request.method = question.method;
  request.path = question.path;
  request.body = question.body;
  for (const auto& [name, value] : question.headers) request.headers.emplace(name, value);

  return answer_of(connection_->send(request));
}

Answer Visitor::ask_in_chunks(const Question& question) {
  httplib::Headers headers;
  std::string type = "application/octet-stream";
  for (const auto& [name, value] : question.headers) {
    if (name == "Content-Type") {
      type = value;
    } else {
      headers.emplace(name, value);
    }
  }
  const auto halves = [&](std::size_t, httplib::DataSink& sink) {
    const std::size_t half = question.body.size() / 2;
    sink.write(question.body.data(), half);
    sink.write(question.body.data() + half, question.body.size() - half);
    sink.done();
    return true;
  };
  return answer_of(connection_->Post(question.path, headers, halves, type));
}

Clients::Clients(std::uint16_t port, unsigned number, std::vector<std::string> paths, Judge judge,
                 std::string method)
    : paths_(std::move(paths)), judge_(std::move(judge)), method_(std::move(method)) {
  for (unsigned i = 0; i < number; ++i) {
    threads_.emplace_back([this, port, i] { click(port, i); });
  }
}

Clients::~Clients() { stop(); }

void Clients::ask_for(std::size_t more) const {
  const std::size_t wanted = requests_ + more;
  eventually([&] { return requests_ >= wanted; });
}

Clients::Report Clients::stop() {
  stopped_ = true;
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  const std::lock_guard lock(mutex_);
  report_.requests = requests_;
  return report_;
}

void Clients::click(std::uint16_t port, std::size_t first) {
  Visitor visitor(port);
  for (std::size_t next = first; !stopped_; ++next) {
    const std::string& path = paths_[next % paths_.size()];
    const Answer answer = visitor.ask({.method = method_, .path = path});
    ++requests_;
    const std::string problem = judge_(path, answer);
    if (problem.empty()) continue;
    const std::lock_guard lock(mutex_);
    ++report_.failed;
    if (report_.problems.size() < kShown) report_.problems.push_back(path + ": " + problem);
  }
}

}  // namespace shoal::system
