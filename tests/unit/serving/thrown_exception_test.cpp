#include "serving/thrown_exception.hpp"

#include <gmock/gmock.h>

#include <stdexcept>
#include <string>

namespace shoal::serving {

struct OutOfFish : std::runtime_error {
  using std::runtime_error::runtime_error;
};

namespace {

template <typename Work>
std::string text_of(const Work& work) {
  try {
    work();
  } catch (...) {
    return thrown_exception_of(std::current_exception()).text();
  }
  return "nothing was thrown";
}

TEST(AThrownException, HasItsTypeInTheText) {
  EXPECT_EQ(text_of([] { throw OutOfFish("no herring"); }),
            "shoal::serving::OutOfFish: no herring");
  EXPECT_EQ(text_of([] { throw 42; }), "int: not a std::exception");
}

TEST(AThrownException, HasATextOfOneLine) {
  EXPECT_EQ(text_of([] { throw OutOfFish("no\nherring"); }),
            "shoal::serving::OutOfFish: no\\x0aherring");
}

TEST(AThrownException, HasTheNestedExceptionsInTheText) {
  const auto work = [] {
    try {
      try {
        throw 42;
      } catch (...) {
        std::throw_with_nested(std::out_of_range("no such fish"));
      }
    } catch (...) {
      std::throw_with_nested(OutOfFish("no herring"));
    }
  };
  EXPECT_EQ(text_of(work),
            "shoal::serving::OutOfFish: no herring; caused by std::out_of_range: no such fish; "
            "caused by int: not a std::exception");
}

TEST(AThrownException, HasABoundOnItsChain) {
  const auto work = [] {
    std::exception_ptr thrown = std::make_exception_ptr(OutOfFish("0"));
    for (int i = 1; i < 100; ++i) {
      try {
        try {
          std::rethrow_exception(thrown);
        } catch (...) {
          std::throw_with_nested(OutOfFish(std::to_string(i)));
        }
      } catch (...) {
        thrown = std::current_exception();
      }
    }
    std::rethrow_exception(thrown);
  };
  const std::string text = text_of(work);
  EXPECT_THAT(text, ::testing::StartsWith("shoal::serving::OutOfFish: 99; caused by"));
  EXPECT_LT(text.size(), 1000u);
}

TEST(AThrownException, OfAnotherLanguageHasATextToo) {
  EXPECT_EQ(thrown_exception_of(nullptr).text(), "something that is not a C++ exception");
}

}  // namespace
}  // namespace shoal::serving
