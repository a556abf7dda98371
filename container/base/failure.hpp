#pragma once

#include <stdexcept>
#include <string>

namespace shoal::base {

/// What went wrong, in the four parts that every message of Shoal has:
///
///     /srv/apps/home.so: cannot be read (Permission denied); check that this user may read it
struct Failure {
  std::string thing{};   ///< the file, address or setting
  std::string fact{};    ///< what is wrong with it
  int error = 0;         ///< errno; 0 when no system call has failed
  std::string remedy{};  ///< what the operator should do: an imperative

  /// Returns the message as above. Leaves out the parts that are empty.
  std::string text() const;
};

/// Throws `Exception` with the text of the failure.
template <typename Exception = std::runtime_error>
[[noreturn]] void fail(const Failure& failure) {
  throw Exception(failure.text());
}

}  // namespace shoal::base
