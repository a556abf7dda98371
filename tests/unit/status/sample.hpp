#pragma once

#include <chrono>
#include <string>

#include "status/overview.hpp"

/// Overviews of a healthy container, of one with many problems, and of one with hostile texts.
namespace shoal::status::sample {

/// Tuesday, 2024-03-05, 03:07:00 UTC.
constexpr Time kNow = 1709608020;

inline Thread idle(int number) {
  return {.number = number, .state = Thread::State::kIdle, .since = kNow - 1};
}

inline Thread handling(int number, double seconds) {
  return {.number = number,
          .state = Thread::State::kHandling,
          .since = kNow - seconds,
          .request = "GET /about?x=1",
          .id = "5f1c09d2a4b7e803",
          .module = "aquarium.screen.about",
          .generation = "aquarium/12"};
}

inline Worker worker(int pid) {
  return {.pid = pid,
          .started = kNow - 86'400,
          .state = Worker::State::kServing,
          .requests = 1'204'331,
          .errors = 12,
          .connections = 31,
          .resident = 48'234'496,
          .answers_cut = 5,
          .last_answer_cut = kNow - 7200,
          .accept_pauses = 2,
          .last_accept_pause = kNow - 7200,
          .most_threads = 4,
          .threads = {idle(0), handling(1, 0.012), idle(2), idle(3)}};
}

inline Deployment deployment(const std::string& group, int number) {
  return {.at = kNow - 312,
          .verdict = Verdict::kLive,
          .by = "drop by mallory",
          .release = static_cast<std::uint64_t>(number),
          .generation = group + "/" + std::to_string(number),
          .took = 0.34};
}

inline Group group(const std::string& name, int number) {
  Group group{.name = name,
              .generation = name + "/" + std::to_string(number),
              .release = static_cast<std::uint64_t>(number),
              .loaded = kNow - 312,
              .modules = {{.name = name + ".layout.page",
                           .file = name + "/layout/page.so",
                           .build_id = "3b9f0a4c1d2e5f60718293a4b5c6d7e8f9012345"},
                          {.name = name + ".screen.about",
                           .file = name + "/screen/about.so",
                           .build_id = "c0ffee4c1d2e5f60718293a4b5c6d7e8f9012345",
                           .handler = true}},
              .requests = 1000,
              .errors = 3,
              .generations = 7,
              .drop = deployment(name, number),
              .history = {deployment(name, number)}};
  for (int i = 1; i <= 1000; ++i) group.latency.add(std::chrono::microseconds(i * 10));
  return group;
}

inline Deployer deployer() {
  return {.pid = 4720, .started = kNow - 86'400, .watching = "by inotify", .heard = kNow};
}

inline Overview healthy() {
  return {.at = kNow,
          .version = "0.1.0",
          .pid = 4711,
          .started = kNow - 3 * 86'400,
          .config = "/etc/shoal/shoal.yaml",
          .listen = {"unix:/run/shoal/shoal.sock"},
          .processes_wanted = 2,
          .reloads = {.count = 2, .last = kNow - 86'400},
          .requests = 2'408'662,
          .errors = 24,
          .generations = 21,
          .deployer = deployer(),
          .workers = {worker(4712), worker(4713)},
          .groups = {group("aquarium", 12), group("guestbook", 1), group("hello", 3)}};
}

inline Overview troubled() {
  Overview overview = healthy();
  overview.state = Overview::State::kReloading;
  overview.processes_wanted = 4;
  overview.workers[0].threads[2] = handling(2, 95);
  overview.workers[0].threads[2].request = "GET /report/annual?year=2023";
  overview.workers[0].threads[3].state = Thread::State::kWaiting;
  overview.workers[1].state = Worker::State::kDraining;
  overview.reloads = {.count = 2,
                      .refused = 1,
                      .last = kNow - 45,
                      .refused_at = kNow - 45,
                      .errors = {"/etc/shoal/shoal.yaml:14: sweep.setle: unknown key; did you mean "
                                 "\"settle\"?",
                                 "/etc/shoal/shoal.yaml:20: routes: no target"}};
  Group& aquarium = overview.groups[0];
  aquarium.quarantine = Quarantine{
      .generation = "aquarium/13", .crashes = 3, .since = kNow - 240, .serving = "aquarium/12"};
  aquarium.disagree = {{.pid = 4712, .generation = "aquarium/12"},
                       {.pid = 4713, .generation = "aquarium/13"}};
  overview.groups[1].refusals = 2;
  overview.groups[1].refused =
      Refusal{.message =
                  "apps/guestbook/guestbook.so: built with AddressSanitizer, this container is "
                  "not; build it with the same preset",
              .at = kNow - 130};
  overview.groups[1].drop = Deployment{.at = kNow - 130,
                                       .verdict = Verdict::kRefused,
                                       .by = "drop by trudy",
                                       .release = 2,
                                       .reason = overview.groups[1].refused->message};
  overview.groups[1].history.insert(overview.groups[1].history.begin(), *overview.groups[1].drop);
  overview.groups[2].state = Group::State::kTrying;
  overview.groups[2].drop = Deployment{.at = kNow - 1, .by = "files of mallory", .release = 4};
  overview.groups[2].hindrance = Hindrance{
      .message = "run/stages/hello.5: No space left on device; free disk space; will retry",
      .since = kNow - 30};
  overview.groups[1].lingering = {
      {.generation = "guestbook/0", .holder = "thread 4731", .processes = 2}};
  Group& shop = overview.groups.emplace_back();
  shop.name = "shop";
  shop.refusals = 1;
  shop.refused = Refusal{.message = "apps/shop/cart.so: no database", .at = kNow - 7200};
  overview.crashed = 4;
  overview.crashed_recently = 1;
  overview.crashes = {
      {.at = kNow - 240,
       .first = kNow - 7200,
       .count = 3,
       .pid = 4690,
       .signal = "SIGSEGV",
       .request = "GET /about?x=2",
       .module = "aquarium.screen.about",
       .generation = "aquarium/13",
       .file = "/run/shoal/crashes/2024-03-05T03-03-00.4690.txt",
       .stack = {"aquarium::About::draw(shoal::Request&)+0x1c "
                 "(aquarium.screen.about.so+0x1149)",
                 "main+0x4 (shoal+0x1000)"}},
      {.at = kNow - 90'000, .first = kNow - 90'000, .pid = 4600, .signal = "SIGKILL"}};
  return overview;
}

/// Markup, quotes, line ends, control bytes, an escape sequence, a change of the direction of
/// writing, and bytes that are not UTF-8.
inline const std::string kEvil =
    "<script>alert(1)</script>\"'&amp;`{}\\\n\r\t\x1b[31m\x7f\xe2\x80\xae\xff\xc3\xed\xa0\x80</td>";

/// Returns troubled() with `more` appended to each text.
inline Overview with_appended(const std::string& more) {
  Overview overview = troubled();
  const auto append = [&](auto&... texts) { ((texts += more), ...); };
  append(overview.version, overview.config, overview.listen[0]);
  append(overview.deployer->watching, overview.deployer->unreadable);
  for (auto& error : overview.reloads.errors) append(error);
  for (auto& crash : overview.crashes) {
    append(crash.signal, crash.request, crash.module, crash.generation, crash.file);
    for (auto& frame : crash.stack) append(frame);
  }
  for (auto& worker : overview.workers) {
    for (auto& thread : worker.threads) {
      append(thread.request, thread.id, thread.module, thread.generation);
    }
  }
  for (auto& group : overview.groups) {
    append(group.name, group.generation);
    for (auto& module : group.modules) append(module.name, module.file, module.build_id);
    for (auto& old : group.lingering) append(old.generation, old.holder);
    for (auto& serving : group.disagree) append(serving.generation);
    if (group.drop) append(group.drop->by, group.drop->generation, group.drop->reason);
    for (auto& one : group.history) append(one.by, one.generation, one.reason);
    if (group.refused) append(group.refused->message);
    if (group.hindrance) append(group.hindrance->message);
    if (group.quarantine) append(group.quarantine->generation, group.quarantine->serving);
  }
  return overview;
}

inline Overview hostile() { return with_appended(kEvil); }

}  // namespace shoal::status::sample
