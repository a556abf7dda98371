#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "releases/probing/probe.hpp"
#include "releases/probing/probe_process.hpp"
#include "releases/probing/trial.hpp"

// What the report of a trial's process says: see probe_wire.hpp. Pure functions on text.
namespace shoal::releases {

/// A report, as far as it came.
struct ProbeReport {
  Behaviour behaviour{};
  std::optional<Step> step{};   ///< the last one that was begun
  std::string module{};         ///< of that step
  bool of_current = false;      ///< that step, or the error, is of the generation that serves
  bool current_opened = false;  ///< the generation that serves was opened without a fault
  std::string error{};
  std::string at_fault{};  ///< the module that `error` is about; empty: not about a single one
  bool complete = false;
};

/// Reads the report; a last line that was cut short is passed over.
ProbeReport report_in(const std::string& text);

/// How the process of a trial ended.
struct ProbeEnd {
  ProbeReport report{};
  Remains remains{};

  /// Returns true if it was killed by something else than its module and its bounds: by people, or
  /// by the kernel for want of memory.
  bool killed_from_outside() const;

  /// Returns true if its time, or its processor time, was over.
  bool ran_out_of_time() const;
};

/// Why a trial failed.
struct ProbeFailure {
  std::string text;      ///< file and deed, without a remedy
  std::string module;    ///< of the new generation; empty: not known
  bool crashed = false;  ///< it did not end by an error that the process itself has reported
};

/// REQUIRES: the report is not complete. `limit` is the time that the process had.
ProbeFailure failure_of(const ProbeEnd& end, const Trial& trial, std::chrono::milliseconds limit);

}  // namespace shoal::releases
