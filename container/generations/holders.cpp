#include "generations/holders.hpp"

#include <link.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string_view>
#include <thread>

#include "base/own_thread.hpp"
#include "base/printable.hpp"

namespace shoal::generations {
namespace {

namespace fs = std::filesystem;

struct Range {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
};
using Ranges = std::vector<Range>;

bool is_in(std::uintptr_t address, const Ranges& ranges) {
  for (const Range& range : ranges) {
    if (range.begin <= address && address < range.end) return true;
  }
  return false;
}

struct Search {
  std::string prefix;
  bool any = false;
  Ranges code;
};

/// The shared objects below a folder, and where their executable segments lie.
Search search_below(const fs::path& folder) {
  Search search{folder.native() + "/", false, {}};
  const auto visit = [](dl_phdr_info* info, std::size_t, void* data) -> int {
    auto& found = *static_cast<Search*>(data);
    if (!std::string_view(info->dlpi_name).starts_with(found.prefix)) return 0;
    found.any = true;
    for (int i = 0; i < info->dlpi_phnum; ++i) {
      const auto& segment = *std::next(info->dlpi_phdr, i);
      if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
      const std::uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
      found.code.push_back({begin, begin + segment.p_memsz});
    }
    return 0;
  };
  ::dl_iterate_phdr(visit, &search);
  return search;
}

struct Registers {
  std::uintptr_t stack = 0;
  std::uintptr_t next = 0;  ///< instruction
};

struct Look {
  bool at_all = false;                 ///< false: the thread has ended, or the kernel does not tell
  std::optional<Registers> registers;  ///< none while the thread runs
};

/// See `syscall` in proc(5): `NUMBER ARGUMENTS... STACK NEXT` of a thread that rests, or `running`.
Look look_at(const fs::path& task) {
  std::ifstream file(task / "syscall");
  std::string line;
  // Where the kernel forbids to look, the thread may be anywhere.
  if (!file && (errno == EACCES || errno == EPERM)) return {true, {}};
  if (!std::getline(file, line)) return {};
  if (line.starts_with("running")) return {true, {}};
  std::istringstream words(line);
  const std::vector<std::string> all{std::istream_iterator<std::string>(words), {}};
  if (all.size() < 3) return {};
  return {true, Registers{std::stoull(all[all.size() - 2], nullptr, 16),
                          std::stoull(all.back(), nullptr, 16)}};
}

/// When the thread was started, to a tick of the clock; now, if it has ended.
std::chrono::nanoseconds start_of(const fs::path& task) {
  constexpr int kStartTime = 22;  // of the fields of `stat` in proc(5)
  std::ifstream file(task / "stat");
  std::string line;
  std::getline(file, line);
  // The second field is the name, and may hold anything: count from behind it.
  std::istringstream fields(line.substr(std::min(line.size(), line.rfind(')') + 1)));
  std::string field;
  for (int number = 3; number <= kStartTime; ++number) fields >> field;
  if (!fields) return time_since_boot();
  return std::chrono::nanoseconds(std::stoll(field) * (1'000'000'000 / ::sysconf(_SC_CLK_TCK)));
}

/// Where the mapping ends that holds this address, see `maps` in proc(5); the address, if none
/// does.
std::uintptr_t end_of_mapping(std::uintptr_t address) {
  std::ifstream file("/proc/self/maps");
  for (std::string line; std::getline(file, line);) {
    std::size_t dash = 0;
    const std::uintptr_t begin = std::stoull(line, &dash, 16);
    const std::uintptr_t end = std::stoull(line.substr(dash + 1), nullptr, 16);
    if (begin <= address && address < end) return end;
  }
  return address;
}

/// Looks at the living part of a stack, from its top to its bottom.
bool stack_leads_into(const Ranges& code, std::uintptr_t stack) {
  constexpr std::uintptr_t kMost = std::uintptr_t{8} << 20;  // bytes: the usual bound of a stack
  const std::uintptr_t end = std::min(end_of_mapping(stack), stack + kMost);
  std::array<std::uintptr_t, 512> words{};  // a page
  for (std::uintptr_t at = stack; at < end;) {
    const std::size_t rest = std::min<std::size_t>(4096 - at % 4096, end - at);
    iovec local{words.data(), rest};
    iovec remote{reinterpret_cast<void*>(at), rest};  // NOLINT: an address is all that we have
    const ssize_t size = ::process_vm_readv(::getpid(), &local, 1, &remote, 1, 0);
    if (size != static_cast<ssize_t>(rest)) return false;
    const std::size_t count = rest / sizeof(std::uintptr_t);
    for (std::size_t i = 0; i < count; ++i) {
      if (is_in(words[i], code)) return true;
    }
    at += rest;
  }
  return false;
}

bool is_inside(const fs::path& task, const Ranges& code) {
  constexpr int kLooks = 20;
  for (int i = 0; i < kLooks; ++i) {
    const Look look = look_at(task);
    if (!look.at_all) return false;
    if (const auto& at = look.registers) {
      return is_in(at->next, code) || stack_leads_into(code, at->stack & ~std::uintptr_t{7});
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;  // it never rests, so it may be anywhere
}

std::string name_of(const fs::path& task) {
  std::ifstream file(task / "comm");
  std::string name;
  std::getline(file, name);
  return "thread " + task.filename().native() + " \"" + base::printable(name) + "\"";
}

}  // namespace

bool still_mapped(const fs::path& folder) { return search_below(folder).any; }

std::chrono::nanoseconds time_since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

std::vector<std::string> threads_in(const fs::path& folder, std::chrono::nanoseconds since) {
  constexpr std::chrono::milliseconds kTick{10};  // of the kernel's start times
  std::vector<std::string> threads;
  const Ranges code = search_below(folder).code;
  if (code.empty()) return threads;
  std::error_code none;
  for (const auto& task : fs::directory_iterator("/proc/self/task", none)) {
    const auto id = static_cast<pid_t>(std::stol(task.path().filename().native()));
    if (id == ::gettid() || base::OwnThreads::contains(id)) continue;
    if (start_of(task.path()) + kTick < since) continue;
    if (is_inside(task.path(), code)) threads.push_back(name_of(task.path()));
  }
  return threads;
}

}  // namespace shoal::generations
