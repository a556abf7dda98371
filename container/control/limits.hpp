#pragma once

#include <chrono>

// How long the processes and the commands wait for each other. They stand in one place since each
// depends on others: a command must not give up before the supervisor does.
namespace shoal::control {

/// A process that has not answered for so long counts as silent.
inline constexpr std::chrono::seconds kSilence{3};

/// A deployment in hand ends within that: a module has 20 s to open, and the other workers 10 s to
/// follow. A deployer that is to give up the history and has not done so is killed then.
inline constexpr std::chrono::seconds kReleaseLimit{30};

/// How long a command waits for what the container knows already.
inline constexpr std::chrono::seconds kAnswerWait{10};

/// How long a command waits for a verdict, unless --wait says otherwise.
inline constexpr std::chrono::seconds kVerdictWait{30};

/// The same for `shoal reload`: the new configuration begins when the deployer of the old one has
/// given up the history.
inline constexpr std::chrono::seconds kReloadWait = kReleaseLimit + kVerdictWait;

static_assert(kSilence < kAnswerWait);  // for a command that tells of a silent deployer

}  // namespace shoal::control
