#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace shoal::system {

/// A repository of a few files that a test writes, to show what a check of the style finds.
class SampleRepository : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "shoal.XXXXXX").native();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    repository_ = name;
  }
  ~SampleRepository() override {
    std::error_code ignored;
    std::filesystem::remove_all(repository_, ignored);
  }

  void write(const std::string& file, const std::string& text) {
    std::filesystem::create_directories((repository_ / file).parent_path());
    std::ofstream(repository_ / file) << text;
  }

  std::filesystem::path repository_;
};

}  // namespace shoal::system
