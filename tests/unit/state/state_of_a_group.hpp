#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include "state/store.hpp"

namespace shoal::state {

/// A temporary folder with a store in it.
class StateOfAGroup : public testing::Test {
 protected:
  StateOfAGroup() {
    std::string pattern = testing::TempDir() + "shoal-state-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    options_.path = folder_ / "state";
  }
  ~StateOfAGroup() override {
    pond_.reset();
    store_.reset();
    std::error_code none;
    std::filesystem::remove_all(folder_, none);
  }

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path file() const { return options_.path / "data.mdb"; }

  /// Returns the State of the group `pond`. Opens the store at the first call.
  State& pond() {
    if (pond_ == nullptr) pond_ = store().of("pond");
    return *pond_;
  }
  Store& store() {
    if (store_ == nullptr) store_ = std::make_unique<Store>(options_);
    return *store_;
  }

  void close() {
    pond_.reset();
    store_.reset();
  }

  /// Returns the State of `pond` as a probe sees it.
  std::shared_ptr<State> probed() const {
    Options options = options_;
    options.read_only = true;
    return Store(options).of("pond");
  }

  /// Returns the text of the StateError that `work` throws; "no StateError" if it throws nothing.
  template <typename Work>
  static std::string error_of(const Work& work) {
    try {
      work();
    } catch (const StateError& error) {
      return error.what();
    }
    return "no StateError";
  }

  Options options_;

 private:
  std::filesystem::path folder_;
  std::unique_ptr<Store> store_;
  std::shared_ptr<State> pond_;
};

}  // namespace shoal::state
