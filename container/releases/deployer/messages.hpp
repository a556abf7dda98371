#pragma once

#include <array>
#include <string_view>

// What the deployer and the workers of its configuration say to each other: JSON objects, whose key
// "say" holds one of these words. The supervisor passes them on in both directions, in order.
//
// A generation is named by "group" and "number". "stage" is the name of its folder below
// `run/stages`, where `described_in` finds all else (staged.hpp).
//
// The life of a worker:
//
//   worker    join                     it has started
//   deployer  list {"groups"}          what it is to open first: the list of what serves
//   worker    listed {"groups"}        it has opened and published that, as far as it could
//   deployer  list or joined           the list has changed meanwhile, or: it belongs to the set
//   deployer  judged                   every group was live or refused once: it may serve requests
//
// A deployment:
//
//   deployer  open                     to one worker; when it has opened, to all others
//   worker    opened | failed          it holds the generation ready; requests do not see it yet
//   deployer  (records the decision, sets `serve` in the page)
//   deployer  serve                    to all: publish it. Who has not opened it opens it first
//   deployer  discard                  instead: it was refused
//   worker    retired                  an old generation is unmapped
//
// If no deployer answers `join` within 2 s, the worker opens what read_decisions says, and asks
// again when one is there (the supervisor sends it `report`).
namespace shoal::releases::message {

// From the deployer.
inline constexpr const char* kList = "list";  ///< "groups": [{"group","number","stage"}...]
inline constexpr const char* kJoined = "joined";
inline constexpr const char* kJudged = "judged";
inline constexpr const char* kOpen = "open";        ///< "group", "number", "stage"
inline constexpr const char* kServe = "serve";      ///< "group", "number", "stage"
inline constexpr const char* kDiscard = "discard";  ///< "group", "number"
inline constexpr const char* kGone = "gone";        ///< "group": all its files are gone
inline constexpr const char* kPresent = "present";  ///< "groups": {group: [module...]} in apps
inline constexpr const char* kReport = "report";    ///< a new deployer asks for a kReported

/// All words for workers.
inline constexpr std::array<std::string_view, 9> kForWorkers{
    kList, kJoined, kJudged, kOpen, kServe, kDiscard, kGone, kPresent, kReport};

// From a worker.
inline constexpr const char* kJoin = "join";
inline constexpr const char* kListed = "listed";  ///< "groups": {group: number}, what it publishes
inline constexpr const char* kOpening = "opening";  ///< "group", "number": it has begun
inline constexpr const char* kOpened = "opened";    ///< "group", "number"
/// "group", "number", "why", "module"; "lacks": true if the machine lacked something just now
inline constexpr const char* kFailed = "failed-to-open";
inline constexpr const char* kRetired = "retired";  ///< "group", "number": unmapped
/// "published": {group: number}, "opened": {group: number}, "mapped": {group: [number...]}
inline constexpr const char* kReported = "reported";

/// All words for the deployer.
inline constexpr std::array<std::string_view, 7> kForDeployer{kJoin,   kListed,  kOpening, kOpened,
                                                              kFailed, kRetired, kReported};

}  // namespace shoal::releases::message
