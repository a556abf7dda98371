#pragma once

#include "generations/generation.hpp"
#include "generations/snapshot.hpp"
#include "releases/apps/folder.hpp"
#include "releases/linking/load_error.hpp"
#include "releases/probing/probe.hpp"
#include "releases/staging/prepare.hpp"

// Names of the components that replace this one. It ends together with the ledger.
namespace shoal::modules {

using namespace releases;     // NOLINT(google-build-using-namespace)
using namespace generations;  // NOLINT(google-build-using-namespace)

}  // namespace shoal::modules
