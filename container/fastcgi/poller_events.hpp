#pragma once

#include <sys/epoll.h>

#include <cstdint>

// How the parts of Poller tell the events of its epoll apart.

namespace shoal::fastcgi {

// What an event means: one of these, a listener's place counted from kFirstListener, or else the
// address of a connection, since no object lies in the first page of memory.
inline constexpr std::uint64_t kStop = 0;
inline constexpr std::uint64_t kResume = 1;
inline constexpr std::uint64_t kHandover = 2;
inline constexpr std::uint64_t kFirstListener = 3;
inline constexpr std::uint64_t kFirstAddress = 4'096;

inline epoll_event event_of(std::uint32_t events, std::uint64_t meaning) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = meaning;
  return event;
}

}  // namespace shoal::fastcgi
