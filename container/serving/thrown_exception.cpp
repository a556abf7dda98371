#include "serving/thrown_exception.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <string_view>
#include <typeinfo>

#include "base/printable.hpp"

namespace shoal::serving {
namespace {

constexpr std::size_t kLongestChain = 8;
constexpr const char* kNoText = "not a std::exception";

/// Returns the name as the author wrote it, without the wrapper that std::throw_with_nested puts
/// around a type.
std::string name_of(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> readable(
      ::abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free);
  std::string name = status == 0 ? readable.get() : type.name();
  constexpr std::string_view kNested = "std::_Nested_exception<";
  if (name.starts_with(kNested) && name.ends_with('>')) {
    name = name.substr(kNested.size(), name.size() - kNested.size() - 1);
    while (name.ends_with(' ')) name.pop_back();
  }
  return base::printable(name);
}

template <typename Exception>
std::exception_ptr nested_in(const Exception& exception) {
  const auto* const nested = dynamic_cast<const std::nested_exception*>(&exception);
  return nested == nullptr ? nullptr : nested->nested_ptr();
}

/// Sets `cause.what`. Returns the nested exception; null if there is no such exception.
std::exception_ptr read(const std::exception_ptr& thrown, ThrownException::Cause& cause) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    cause.what = base::text_of(error);
    return nested_in(error);
  } catch (const std::nested_exception& error) {
    cause.what = kNoText;
    return error.nested_ptr();
  } catch (...) {
    cause.what = kNoText;
    return nullptr;
  }
}

}  // namespace

std::string ThrownException::text() const {
  std::string text;
  for (const Cause& cause : chain) {
    if (!text.empty()) text += "; caused by ";
    text += cause.type + (cause.what.empty() ? "" : ": " + cause.what);
  }
  return text;
}

ThrownException thrown_exception_of(const std::exception_ptr& thrown) {
  if (thrown == nullptr) return {{{"something that is not a C++ exception", {}, {}}}};
  ThrownException exception;
  std::exception_ptr next = thrown;
  while (next != nullptr && exception.chain.size() < kLongestChain) {
    ThrownException::Cause cause{name_of(*next.__cxa_exception_type()), {}, host::thrown_at(next)};
    next = read(next, cause);
    exception.chain.push_back(std::move(cause));
  }
  return exception;
}

}  // namespace shoal::serving
