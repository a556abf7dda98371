#pragma once

// What the supervisor and the deployer say to each other: JSON objects, whose key "say" holds one
// of these words. What deployer and workers say to each other is in messages.hpp; the supervisor
// passes it on in kFrom and kTo.
namespace shoal::releases::supervisor_message {

// To a deployer. "worker" is a process id.
inline constexpr const char* kWorker = "worker";  ///< this "worker" was there before the deployer
inline constexpr const char* kFrom = "from";      ///< "worker" says "message"
inline constexpr const char* kLeft = "left";      ///< "worker" drains
/// "worker" is gone: "how", "signal" (0: it called exit); of its crash report: "generation" (empty:
/// not known), "reported" (false: there is no report), "summary"
inline constexpr const char* kExited = "exited";
inline constexpr const char* kWithdraw = "withdraw";  ///< "group", "number", "crashes"
/// "question" is its number, "words" what the command asked, "who" the name of its user. A question
/// that was not answered is asked again of the next deployer.
inline constexpr const char* kQuestion = "question";
inline constexpr const char* kRelease = "release";  ///< end what is in hand, give up the history
inline constexpr const char* kResume = "resume";    ///< take the history back, compare everything
inline constexpr const char* kEnd = "end";          ///< exit
inline constexpr const char* kPing = "ping";        ///< send a kPong

// From a deployer.
inline constexpr const char* kUp = "up";                     ///< it has begun
inline constexpr const char* kCannotStart = "cannot-start";  ///< "why"; it exits
inline constexpr const char* kTo = "to";  ///< pass "message" on to "worker", or, without, to all
inline constexpr const char* kReplaceWorker = "replace";  ///< "worker" takes no orders, "why"
inline constexpr const char* kUnserved = "unserved";    ///< "groups" that have files, no generation
inline constexpr const char* kWithdrawn = "withdrawn";  ///< "group", "number": kWithdraw is done
inline constexpr const char* kAnswer = "answer";        ///< "question", "words"
inline constexpr const char* kProgress = "progress";    ///< "question", "words": {"progress"}
inline constexpr const char* kReleased = "released";    ///< kRelease is done
inline constexpr const char* kPong = "pong";  ///< it has taken up all that was sent before

}  // namespace shoal::releases::supervisor_message
