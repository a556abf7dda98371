#include "base.hpp"

namespace {

class Child final : public pond::Base {
  std::string name() const override { return NAME " " + std::to_string(VERSION); }
};

}  // namespace

SHOAL_MODULE(Child)
