#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "modules/kept.hpp"
#include "modules/ledger_page.hpp"
#include "modules/new_line.hpp"

namespace shoal::modules {

/// `run/ledger/`: what all processes of one container agree on, a page for each group: the number
/// of each generation and the files it was made of, what is in quarantine, and which files were
/// good before and lie in `run/kept/`.
///
/// Any number of processes and threads may use it at once, each through a Ledger of its own or a
/// shared one; it holds nothing but paths, so a fork may take it along. A page is written beside
/// itself and renamed, under a lock that ends with its holder: a process killed mid-write leaves
/// the old page intact. One that cannot be read is set aside, with a warning, and begun anew.
///
/// In quarantine are files as they were dropped at one time: the same content dropped once more is
/// new, and ends it like any other drop.
class Ledger {
 public:
  /// Throws std::runtime_error, with the remedy, when the folder cannot be made.
  explicit Ledger(const std::filesystem::path& run);

  /// A service starts: numbers begin at 1, and kept files of the past go. What is in quarantine
  /// stays there, and what serves instead is still kept. Throws std::runtime_error.
  /// REQUIRES: no Registry uses this run folder.
  void begin();

  /// What to make of the group, under which number: the same in every process that wishes for the
  /// same files. A new set of files gets the next number. Throws Unavailable.
  Terms claim(const std::string& group, const Wish& wish);

  /// The same without taking a number, and without waiting for anybody. Throws Unavailable.
  Terms look_up(const std::string& group, const Wish& wish) const;

  /// What was claimed was refused, or put off. Once every process that claimed it has given it
  /// back, or is dead, the number is free for the next set of files.
  void give_back(const std::string& group, const Terms& terms);

  struct Published {
    bool moved_on = false;          ///< a new generation has become due meanwhile
    unsigned long generations = 0;  ///< Page::generations(); 0: the ledger could not be written
  };

  /// What was claimed is about to serve.
  Published publish(const std::string& group, const Terms& terms);

  /// Removes kept copies that are of no use any more.
  void tidy(const std::string& group);

  /// The group has lost all its files.
  void end(const std::string& group);

  /// Has every process that looks again (Registry::reconsider) replace the generation of the group
  /// by a new one from the same files: all by the same number. False when no process has ever
  /// loaded the group.
  bool renew(const std::string& group);

  /// Withdraws the files that this generation was made of, until new ones are dropped; takes effect
  /// in each process with Registry::reconsider. What follows from it, for the log; none when the
  /// number is unknown or its files are withdrawn already. Survives a restart.
  std::optional<std::string> quarantine(const std::string& group, unsigned long number,
                                        unsigned crashes);

  /// What is withdrawn, by group. Reads all pages; throws Unavailable.
  std::multimap<std::string, Quarantine> quarantines() const;

  const Kept& kept() const { return kept_; }

 private:
  /// Returned by what changes a page: whether it has.
  enum class Change { kNone, kWrite, kWriteForGood };

  std::filesystem::path path_of(const std::string& group) const;
  Page read(const std::string& group) const;
  void change(const std::string& group, const std::function<Change(Page&)>& how);
  /// For what is of no consequence to whoever asks: warns instead of throwing.
  void try_to_change(const std::string& group, const std::function<Change(Page&)>& how);
  Page::IsKept is_kept(const std::string& group) const;

  std::filesystem::path run_;
  std::filesystem::path folder_;
  Kept kept_;
};

}  // namespace shoal::modules
