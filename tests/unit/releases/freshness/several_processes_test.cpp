// A request that begins after a drop is complete is not answered by what lay there before: with one
// deployer process that reads and judges, and worker processes that only ask.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "base/descriptor.hpp"
#include "child.hpp"
#include "long_run.hpp"
#include "releases/apps/folder.hpp"
#include "releases/freshness/feed.hpp"
#include "unit/releases/apps/apps_folder.hpp"

namespace shoal::releases {
namespace {

using Clock = std::chrono::steady_clock;
using Version = std::uint64_t;

/// The deployer: what a file holds is the generation to serve.
class Deployer {
 public:
  Deployer(const Feed& feed, const std::filesystem::path& apps)
      : feed_(feed), page_(*feed.page), file_(apps / "site.so") {
    // Before all else: a value of `reading` that no worker has seen.
    page_.begin_reading();
    folder_.emplace(apps, WatchMode::kInotify, std::chrono::milliseconds(0), feed.inotify);
    cell_ = *page_.add("site");
    judge();
  }

  [[noreturn]] void run() {
    for (;;) {
      pollfd told{feed_.inotify->get(), POLLIN, 0};
      ::poll(&told, 1, -1);
      page_.begin_reading();
      judge();
    }
  }

 private:
  void judge() {
    folder_->refresh();
    const Version version = held();
    page_.want(cell_, Clock::now());
    const std::uint64_t wanted = page_.cell(cell_).wanted;
    page_.end_reading();
    // Here the real one stages and probes.
    std::this_thread::sleep_for(std::chrono::microseconds(100));
    page_.serve(cell_, version, wanted);
  }

  Version held() const {
    Version version = 0;
    std::ifstream(file_) >> version;
    return version;
  }

  const Feed& feed_;
  Page& page_;
  const std::filesystem::path file_;
  std::optional<Folder> folder_;
  unsigned cell_ = 0;
};

/// Returns what a request is answered by, as a worker finds it out.
Version answer(const Feed& feed) {
  const Page& page = *feed.page;
  const auto later = Clock::now() + std::chrono::minutes(5);
  for (;;) {
    const std::uint32_t reading = page.reading();
    if (!feed.queued() && page.reading() % 2 == 0) break;
    page.wait_for_reading(reading, later);
  }
  if (page.groups() == 0) return 0;
  const std::uint64_t wanted = page.cell(0).wanted;
  for (;;) {
    const std::uint32_t changes = page.changes();
    const Cell cell = page.cell(0);
    if (cell.decided >= wanted) return cell.serve;
    page.wait_for_changes(changes, later);
  }
}

/// A worker process that answers one request for each byte it gets.
class Worker {
 public:
  explicit Worker(const Feed& feed) {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    ours_ = base::Descriptor(ends[0]);
    const base::Descriptor theirs(ends[1]);
    process_ = std::make_unique<Child>([&] {
      feed.page->protect();
      char question = 0;
      while (::read(theirs.get(), &question, 1) == 1) {
        const Version version = answer(feed);
        if (::write(theirs.get(), &version, sizeof version) != sizeof version) return 1;
      }
      return 0;
    });
  }

  void send_request() { EXPECT_EQ(::write(ours_.get(), "?", 1), 1); }

  Version take_answer() {
    Version version = 0;
    EXPECT_EQ(::read(ours_.get(), &version, sizeof version), ssize_t{sizeof version});
    return version;
  }

 private:
  base::Descriptor ours_;
  std::unique_ptr<Child> process_;
};

class SeveralProcesses : public AppsFolder {
 protected:
  SeveralProcesses() {
    drop();
    start_deployer();
    // As workers do: they serve once they have what is to be served.
    EXPECT_TRUE(eventually(
        [this] { return feed_.page->groups() == 1 && feed_.page->cell(0).serve == dropped_; }));
    for (int i = 0; i < 3; ++i) workers_.emplace_back(feed_);
  }

  void start_deployer() {
    deployer_.emplace([this] {
      Deployer(feed_, apps()).run();
      return 0;
    });
  }

  /// Renames the next version into place.
  void drop() {
    std::ofstream(folder() / "aside") << ++dropped_;
    std::filesystem::rename(folder() / "aside", apps() / "site.so");
  }

  /// Asks all workers at once. Returns how many of them answer with an older version.
  int stale_answers() {
    for (auto& worker : workers_) worker.send_request();
    int stale = 0;
    for (auto& worker : workers_) stale += worker.take_answer() < dropped_ ? 1 : 0;
    return stale;
  }

  const Feed feed_ = Feed::make();
  Version dropped_ = 0;
  std::optional<Child> deployer_;
  std::vector<Worker> workers_;
};

TEST_F(SeveralProcesses, NeverAnswerWithAnOlderVersion) {
  ASSERT_EQ(stale_answers(), 0);
  for (int round = 0; round < test::repetitions(3'000, 30'000); ++round) {
    drop();
    ASSERT_EQ(stale_answers(), 0) << "round " << round;
  }
}

TEST_F(SeveralProcesses, NeverAnswerWithAnOlderVersionThoughDeployersAreKilled) {
  std::minstd_rand random(11);  // NOLINT(cert-msc*): the same moments in each run
  std::uniform_int_distribution<int> moment(0, 400);
  for (int round = 0; round < test::repetitions(300, 3'000); ++round) {
    // The workers ask before, during or after the work of the one that is killed.
    drop();
    for (auto& worker : workers_) worker.send_request();
    std::this_thread::sleep_for(std::chrono::microseconds(moment(random)));
    deployer_->kill();
    const Version before = dropped_;
    if (round % 2 == 0) drop();  // without a deployer
    start_deployer();
    for (auto& worker : workers_) ASSERT_GE(worker.take_answer(), before) << "round " << round;
    ASSERT_EQ(stale_answers(), 0) << "round " << round;
    drop();
    ASSERT_EQ(stale_answers(), 0) << "round " << round;
  }
}

}  // namespace
}  // namespace shoal::releases
