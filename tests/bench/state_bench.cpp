// Measures get and add of a State, and the same of SQLite: a table of texts by key, prepared
// statements, a write-ahead log, and one transaction per call, as in State. A write survives the
// same on both sides:
//
//   process   MDB_NOSYNC                  PRAGMA synchronous = OFF
//   machine   fsync with each commit      PRAGMA synchronous = FULL
//
// Both hold 10,000 entries, on the disk of the build folder.
#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "state/store.hpp"

namespace {

namespace fs = std::filesystem;
using shoal::state::Durability;

constexpr int kEntries = 10'000;

std::string key(std::uint64_t number) { return "session:" + std::to_string(number % kEntries); }

/// A folder that exists as long as this object.
class Folder {
 public:
  explicit Folder(const std::string& name) : path_(fs::path(SHOAL_BENCH_FOLDER) / name) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const fs::path& path() const { return path_; }

 private:
  const fs::path path_;
};

class Shoal {
 public:
  explicit Shoal(Durability durability)
      : folder_("shoal"),
        state_(
            shoal::state::Store({.path = folder_.path(), .durability = durability}).of("bench")) {}

  std::size_t get(const std::string& key) { return state_->get(key).value().size(); }
  std::int64_t add(const std::string& key) { return state_->add(key, 1); }

 private:
  Folder folder_;
  std::shared_ptr<shoal::State> state_;
};

class Sqlite {
 public:
  explicit Sqlite(Durability durability) : folder_("sqlite") {
    sqlite3* database = nullptr;
    require(sqlite3_open((folder_.path() / "data.sqlite").c_str(), &database) == SQLITE_OK);
    database_.reset(database);
    run("PRAGMA journal_mode = WAL");
    run(durability == Durability::kProcess ? "PRAGMA synchronous = OFF"
                                           : "PRAGMA synchronous = FULL");
    run("CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID");
    get_ = prepare("SELECT value FROM entries WHERE key = ?1");
    add_ = prepare(
        "INSERT INTO entries VALUES (?1, 1) ON CONFLICT DO UPDATE SET value = value + 1 "
        "RETURNING value");
  }

 private:
  template <typename Read>
  auto ask(sqlite3_stmt& statement, const std::string& key, const Read& read) {
    sqlite3_bind_text(&statement, 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
    require(sqlite3_step(&statement) == SQLITE_ROW);
    const auto result = read(statement);
    require(sqlite3_step(&statement) == SQLITE_DONE);  // ends the transaction
    sqlite3_reset(&statement);
    return result;
  }

 public:
  std::size_t get(const std::string& key) {
    return ask(*get_, key, [](sqlite3_stmt& row) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(&row, 0));
      return std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(&row, 0))).size();
    });
  }
  std::int64_t add(const std::string& key) {
    return ask(*add_, key, [](sqlite3_stmt& row) { return sqlite3_column_int64(&row, 0); });
  }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Close>;

  void require(bool good) const {
    if (!good) throw std::runtime_error(database_ ? sqlite3_errmsg(database_.get()) : "sqlite3");
  }
  void run(const char* sql) {
    require(sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  Statement prepare(const char* sql) {
    sqlite3_stmt* made = nullptr;
    require(sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &made,
                               nullptr) == SQLITE_OK);
    return Statement(made);
  }

  Folder folder_;
  std::unique_ptr<sqlite3, Close> database_;
  Statement get_;
  Statement add_;
};

template <typename Kept>
void fill(Kept& kept) {
  for (int i = 0; i < kEntries; ++i) kept.add(key(static_cast<std::uint64_t>(i)));
}

// Coprime to the number of entries, so that all of them are visited, in an order that a cache
// cannot predict.
constexpr std::uint64_t kStep = 7919;

template <typename Kept>
void get(benchmark::State& run) {
  Kept kept(Durability::kProcess);
  fill(kept);
  std::uint64_t next = 0;
  for (auto _ : run) benchmark::DoNotOptimize(kept.get(key(next += kStep)));
}

template <typename Kept, Durability durability>
void add(benchmark::State& run) {
  Kept kept(durability);
  if constexpr (durability == Durability::kProcess) fill(kept);
  std::uint64_t next = 0;
  for (auto _ : run) benchmark::DoNotOptimize(kept.add(key(next += kStep)));
}

BENCHMARK(get<Shoal>)->Name("get/shoal");
BENCHMARK(get<Sqlite>)->Name("get/sqlite");
BENCHMARK(add<Shoal, Durability::kProcess>)->Name("add_process/shoal");
BENCHMARK(add<Sqlite, Durability::kProcess>)->Name("add_process/sqlite");
// Waiting for a disk does not count as CPU time.
BENCHMARK(add<Shoal, Durability::kMachine>)->Name("add_machine/shoal")->UseRealTime();
BENCHMARK(add<Sqlite, Durability::kMachine>)->Name("add_machine/sqlite")->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
