#pragma once

#include "releases/probing/trials.hpp"

namespace shoal::releases {

/// Makes one trial on the calling thread, a straight line: stage, verify, relabel, probe. Without a
/// probe, nothing is tried. What goes wrong is told in the result; nothing is thrown.
TrialResult make_trial(const TrialOrder& order, Probe* probe);

}  // namespace shoal::releases
