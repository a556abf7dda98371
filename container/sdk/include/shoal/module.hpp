#pragma once

#include <type_traits>

#include "shoal/abi.hpp"
#include "shoal/context.hpp"
#include "shoal/export.hpp"
#include "shoal/request.hpp"
#include "shoal/response.hpp"

namespace shoal {

/// The base class of what answers requests. There is one object per handler module and generation.
///
/// Lifetime: the loader thread constructs the object when a generation of its group is loaded, and
/// destroys it after the last request of that generation has ended. When a constructor throws, the
/// whole drop is refused and the previous generation goes on serving.
///
/// The module's code is unmapped after its destructor. So nothing that uses this code may outlive
/// the object: no thread that it started, no callback that it left in another library, no
/// `thread_local` variable with a destructor.
class SHOAL_EXPORT Module {
 public:
  Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  virtual ~Module();

  /// Answers one request. Many threads call it at the same time, so members that change need a
  /// mutex. When it throws, the visitor gets a 500 without details, and the log gets the exception.
  virtual void handle(Request& request, Response& response) = 0;
};

}  // namespace shoal

/// Makes this shared object a handler module: `SHOAL_MODULE(Home)`, once per module, outside of any
/// class or function. Home derives from shoal::Module and has a public constructor that takes
/// `shoal::Context&`, or one without arguments; if it has both, the former is called.
///
/// Defines the function that the container calls to make the object, which the container then owns,
/// and the ABI note (see abi.hpp), by which the container refuses a module that it cannot call.
#define SHOAL_MODULE(ModuleClass)                                                             \
  SHOAL_ABI_NOTE                                                                              \
  extern "C" __attribute__((visibility("default"), used)) ::shoal::Module* shoal_make_module( \
      ::shoal::Context& context) {                                                            \
    return ::shoal::detail::make_module<ModuleClass>(context);                                \
  }

namespace shoal::detail {

template <typename ModuleClass>
Module* make_module(Context& context) {
  static_assert(std::is_base_of_v<Module, ModuleClass>,
                "SHOAL_MODULE: the class must derive publicly from shoal::Module");
  static_assert(!std::is_abstract_v<ModuleClass>, "SHOAL_MODULE: the class must override handle()");
  if constexpr (std::is_constructible_v<ModuleClass, Context&>) {
    return new ModuleClass(context);
  } else {
    static_assert(std::is_default_constructible_v<ModuleClass>,
                  "SHOAL_MODULE: the class needs a public constructor from shoal::Context& or from "
                  "nothing");
    (void)context;
    return new ModuleClass();
  }
}

}  // namespace shoal::detail
