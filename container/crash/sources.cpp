#include "crash/sources.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <utility>

#include "base/files.hpp"
#include "base/printable.hpp"

namespace shoal::crash {
namespace {

using base::Descriptor;

constexpr std::size_t kMostFiles = 24;
constexpr std::size_t kMostBytes = 1 << 20;  // of the answer

/// Returns a copy of the descriptor with a number above those that the new process uses.
Descriptor lifted(int low) {
  constexpr int kAbove = STDERR_FILENO + 1 + static_cast<int>(kMostFiles);
  return Descriptor(::fcntl(low, F_DUPFD_CLOEXEC, kAbove));
}

/// Returns a file in memory with this text, at offset 0.
Descriptor file_with(const std::string& text) {
  const Descriptor file(::memfd_create("places", MFD_CLOEXEC));
  if (file && !base::write_whole(file.get(), text)) return Descriptor();
  ::lseek(file.get(), 0, SEEK_SET);
  return lifted(file.get());
}

/// Starts the program with these descriptors as 0, 1 and so on, and no others. Returns errno, or 0.
int spawn(const std::filesystem::path& program, const std::vector<Descriptor>& descriptors,
          pid_t& id) {
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  int next = 0;
  for (const auto& descriptor : descriptors) {
    ::posix_spawn_file_actions_adddup2(&files, descriptor.get(), next++);
  }
  ::posix_spawn_file_actions_addclosefrom_np(&files, next);

  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::string name = program;
  std::array<char*, 2> words{name.data(), nullptr};
  const int error =
      ::posix_spawn(&id, program.c_str(), &files, &attributes, words.data(), ::environ);
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  return error;
}

/// Returns the number of places in this answer. An empty line ends each of them.
std::size_t answered(std::string_view text) {
  std::size_t places = text.starts_with('\n') ? 1 : 0;
  for (auto at = text.find("\n\n"); at != text.npos; at = text.find("\n\n", at + 1)) ++places;
  return places;
}

}  // namespace

CodePlace CodeFiles::place(std::string_view path, std::uintptr_t address) {
  // A name without a slash is not a file: linux-vdso.so.1 of the kernel.
  if (!path.starts_with('/')) return {-1, address, std::string(path)};
  auto file = std::ranges::find(files_, path, &File::path);
  if (file == files_.end() && files_.size() < kMostFiles) {
    std::string name(path);
    // O_NONBLOCK: do not wait for the writer of a FIFO.
    Descriptor opened(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    file = files_.insert(file, {std::move(name), std::move(opened)});
  }
  return {file == files_.end() ? -1 : file->descriptor.get(), address, std::string(path)};
}

SourceLookup::SourceLookup(const std::filesystem::path& program,
                           const std::vector<CodePlace>& places, std::chrono::milliseconds most)
    : owner_(::getpid()), places_(places.size()), deadline_(Clock::now() + most) {
  start(program, places);
}

SourceLookup::~SourceLookup() { end({}); }

void SourceLookup::start(const std::filesystem::path& program,
                         const std::vector<CodePlace>& places) {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return end(std::string("no pipe can be created (") + std::strerror(errno) + ")");
  answer_ = Descriptor(ends[0]);
  const Descriptor to_write(ends[1]);
  ::fcntl(answer_.get(), F_SETFL, O_NONBLOCK);

  std::vector<Descriptor> given;
  given.push_back(Descriptor());  // for the questions, which are set below
  given.push_back(lifted(to_write.get()));
  given.push_back(lifted(Descriptor(::open("/dev/null", O_WRONLY | O_CLOEXEC)).get()));
  std::vector<std::pair<int, int>> numbers;  // descriptor in this process, and in the new one
  std::ostringstream questions;
  for (const auto& place : places) {
    auto number = std::ranges::find(numbers, place.file, &std::pair<int, int>::first);
    if (place.file >= 0 && number == numbers.end() && numbers.size() < kMostFiles) {
      number = numbers.insert(number, {place.file, static_cast<int>(given.size())});
      given.push_back(lifted(place.file));
    }
    questions << (number == numbers.end() || place.file < 0 ? -1 : number->second) << " 0x"
              << std::hex << place.address << std::dec << " " << base::printable(place.path)
              << "\n";
  }
  given.front() = file_with(questions.str());
  if (!std::ranges::all_of(given, [](const auto& each) { return static_cast<bool>(each); })) {
    return end("out of file descriptors");
  }
  if (const int error = spawn(program, given, id_); error != 0) {
    id_ = 0;
    return end(program.native() + " cannot be started (" + std::strerror(error) + ")");
  }
  process_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, id_, 0)));
}

void SourceLookup::end(const std::string& failure) {
  if (failure_.empty()) failure_ = failure;
  answer_ = Descriptor();
  if (id_ == 0 || ::getpid() != owner_) return;
  id_ = 0;
  if (!process_) return;  // an old kernel: the process ends when it writes into the closed pipe
  // By its descriptor: if this process reaps all its children, the number may have been reused.
  ::syscall(SYS_pidfd_send_signal, process_.get(), SIGKILL, nullptr, 0);
  siginfo_t ignored;
  ::waitid(P_PIDFD, static_cast<id_t>(process_.get()), &ignored, WEXITED);
}

bool SourceLookup::finished() {
  std::array<char, 4096> piece;
  while (answer_) {
    const ssize_t size = ::read(answer_.get(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN && Clock::now() < deadline_) return false;
    if (size > 0) text_.append(piece.data(), static_cast<std::size_t>(size));
    if (size > 0 && text_.size() <= kMostBytes) continue;
    if (size == 0 && answered(text_) == places_) return end({}), true;
    end(size < 0   ? "shoal-symbolize did not answer in time"
        : size > 0 ? "the answer of shoal-symbolize is too long"
                   : "shoal-symbolize ended before it had answered");
  }
  return true;
}

Sources SourceLookup::sources() const {
  Sources sources(places_);
  std::istringstream lines(text_);
  std::size_t place = 0;
  for (std::string line; place < places_ && std::getline(lines, line);) {
    const auto tab = line.find('\t');
    if (tab == std::string::npos) {
      ++place;
      continue;
    }
    sources[place].push_back(
        {base::printable(line.substr(tab + 1)), base::printable(line.substr(0, tab))});
  }
  return sources;
}

std::vector<std::string> with_source(const std::string& frame_line,
                                     const std::vector<Source>& sources) {
  const auto at = [](const Source& source) {
    return source.place.empty() ? "" : " at " + source.place;
  };
  std::vector<std::string> lines;
  // #3 0x7f12 Fish::swim()+0x12 (pond.fish.so+0x1149)
  const auto address_end = frame_line.find(' ', frame_line.find(' ') + 1);
  const std::string beginning = frame_line.substr(0, address_end);
  for (std::size_t i = 0; i + 1 < sources.size(); ++i) {
    lines.push_back(beginning + " " + sources[i].function + ", inlined" + at(sources[i]));
  }
  std::string line = frame_line;
  if (!sources.empty()) {
    const bool named = line.find("+0x") != line.rfind("+0x");  // the last one belongs to the file
    if (!named && !sources.back().function.empty() && address_end != std::string::npos) {
      line.insert(address_end, " " + sources.back().function);
    }
    line += at(sources.back());
  }
  lines.push_back(std::move(line));
  return lines;
}

std::vector<std::string> with_sources(const std::vector<std::string>& stack,
                                      const Sources& sources) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < stack.size(); ++i) {
    const auto of_frame =
        with_source(stack[i], i < sources.size() ? sources[i] : std::vector<Source>());
    lines.insert(lines.end(), of_frame.begin(), of_frame.end());
  }
  return lines;
}

}  // namespace shoal::crash
