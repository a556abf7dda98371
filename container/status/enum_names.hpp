#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "status/health.hpp"
#include "status/overview.hpp"

namespace shoal::status {

/// The names of the enumerators of overview.hpp and health.hpp, for JSON and for people.
template <typename Enum>
struct EnumNames;

template <>
struct EnumNames<Thread::State> {
  using enum Thread::State;
  static constexpr std::array<std::pair<Thread::State, std::string_view>, 4> kAll{
      {{kIdle, "idle"}, {kWaiting, "waiting"}, {kHandling, "handling"}, {kWriting, "writing"}}};
};

template <>
struct EnumNames<Worker::State> {
  using enum Worker::State;
  static constexpr std::array<std::pair<Worker::State, std::string_view>, 3> kAll{
      {{kStarting, "starting"}, {kServing, "serving"}, {kDraining, "draining"}}};
};

template <>
struct EnumNames<Deployer::State> {
  using enum Deployer::State;
  static constexpr std::array<std::pair<Deployer::State, std::string_view>, 3> kAll{
      {{kWorking, "working"}, {kStarting, "starting"}, {kEnded, "ended"}}};
};

template <>
struct EnumNames<Group::State> {
  using enum Group::State;
  static constexpr std::array<std::pair<Group::State, std::string_view>, 4> kAll{
      {{kCurrent, "current"}, {kSettling, "settling"}, {kTrying, "trying"}, {kOpening, "opening"}}};
};

template <>
struct EnumNames<Verdict> {
  using enum Verdict;
  static constexpr std::array<std::pair<Verdict, std::string_view>, 5> kAll{
      {{kNone, "none"},
       {kLive, "live"},
       {kUnchanged, "unchanged"},
       {kRefused, "refused"},
       {kOvertaken, "overtaken"}}};
};

template <>
struct EnumNames<Overview::State> {
  using enum Overview::State;
  static constexpr std::array<std::pair<Overview::State, std::string_view>, 3> kAll{
      {{kRunning, "running"}, {kReloading, "reloading"}, {kStopping, "stopping"}}};
};

template <>
struct EnumNames<Level> {
  using enum Level;
  static constexpr std::array<std::pair<Level, std::string_view>, 4> kAll{
      {{kGood, "good"}, {kNote, "note"}, {kWarning, "warning"}, {kBroken, "broken"}}};
};

/// Returns the name of an enumerator: `handling`.
template <typename Enum>
std::string_view name_of(Enum value) {
  for (const auto& [known, name] : EnumNames<Enum>::kAll) {
    if (known == value) return name;
  }
  return "?";
}

}  // namespace shoal::status
