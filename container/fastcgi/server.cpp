#include "fastcgi/server.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace shoal::fastcgi {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kNextLook{1};

std::deque<EventLoop> make_loops(const ServerRules& rules) {
  const unsigned processors = std::max(1U, std::thread::hardware_concurrency());
  const unsigned share = processors / std::max(1U, rules.processes);
  return std::deque<EventLoop>(std::max(1U, std::min(rules.threads, share)));
}

}  // namespace

Server::Server(std::vector<Listener> listeners, std::shared_ptr<const Handover> handover,
               ServerRules rules, const Responder& responder)
    : rules_(std::move(rules)),
      handover_(std::move(handover)),
      store_(rules_.limits, rules_.folder, handover_.get(), loops_),
      loops_(make_loops(rules_)),
      acceptor_(std::move(listeners), handover_, loops_.front()),
      turns_(rules_.queue, rules_.threads),
      connections_({.limits = rules_.limits,
                    .responder = responder,
                    .store = store_,
                    .turns = turns_,
                    .acceptor = acceptor_,
                    .call_thread = [this] { pool_.call(); }}),
      housekeeping_(rules_.limits, store_, connections_, acceptor_, loops_.front(),
                    rules_.processes > 1),
      pool_(rules_.threads, responder, turns_, loops_) {
  try {
    pool_.start(connections_, housekeeping_);
    monitor_ = std::make_unique<Monitor>(pool_, connections_, housekeeping_, loops_);
  } catch (...) {
    pool_.end();
    throw;
  }
}

Server::~Server() { pool_.end(); }

void Server::stop() {
  acceptor_.stop();
  store_.end(ConnectionStore::Ending::kClose);
}

void Server::hand_over() {
  acceptor_.stop();
  store_.end(ConnectionStore::Ending::kHandOver);
  connections_.hand_over_waiting();
}

bool Server::finished_within(std::chrono::milliseconds time) {
  const auto until = steady_clock::now() + time;
  while (!acceptor_.stopped() || store_.open() != 0) {
    if (steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(kNextLook, time));
  }
  pool_.end();
  return pool_.ended_by(until);
}

Server::Load Server::load() const {
  return {.connections = store_.open(),
          .waiting = turns_.size(),
          .answers_cut = store_.answers_cut(),
          .accept_pauses = acceptor_.pauses(),
          .last_answer_cut = store_.last_answer_cut(),
          .last_accept_pause = acceptor_.last_pause()};
}

}  // namespace shoal::fastcgi
