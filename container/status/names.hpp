#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "status/health.hpp"
#include "status/report.hpp"

namespace shoal::status {

/// What the enumerations of report.hpp are called in JSON and to people.
template <typename Enum>
struct Names;

template <>
struct Names<Thread::Doing> {
  using enum Thread::Doing;
  static constexpr std::array<std::pair<Thread::Doing, std::string_view>, 5> kAll{
      {{kIdle, "idle"},
       {kReading, "reading"},
       {kWaiting, "waiting"},
       {kHandling, "handling"},
       {kWriting, "writing"}}};
};

template <>
struct Names<Worker::State> {
  using enum Worker::State;
  static constexpr std::array<std::pair<Worker::State, std::string_view>, 3> kAll{
      {{kStarting, "starting"}, {kServing, "serving"}, {kDraining, "draining"}}};
};

template <>
struct Names<Overview::State> {
  using enum Overview::State;
  static constexpr std::array<std::pair<Overview::State, std::string_view>, 3> kAll{
      {{kRunning, "running"}, {kReloading, "reloading"}, {kStopping, "stopping"}}};
};

template <>
struct Names<Level> {
  using enum Level;
  static constexpr std::array<std::pair<Level, std::string_view>, 4> kAll{
      {{kGood, "good"}, {kNote, "note"}, {kWarning, "warning"}, {kBroken, "broken"}}};
};

/// `handling`. Every value has a name.
template <typename Enum>
std::string_view name_of(Enum value) {
  for (const auto& [known, name] : Names<Enum>::kAll) {
    if (known == value) return name;
  }
  return "?";
}

}  // namespace shoal::status
