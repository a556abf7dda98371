#pragma once

#include <type_traits>

#include "shoal/abi.hpp"
#include "shoal/context.hpp"
#include "shoal/export.hpp"
#include "shoal/request.hpp"
#include "shoal/response.hpp"

namespace shoal {

/// What answers requests: one object per handler module and generation.
///
/// Lifetime: constructed on the loader thread when a generation of its group is loaded, destroyed
/// on the same thread after the last request of that generation has ended. A constructor that
/// throws refuses the whole drop; the generation before it goes on serving.
///
/// Nothing of a module's own types may outlive it: no thread it started, no callback it left in
/// another library, no `thread_local` with a destructor. Its code is unmapped after its destructor.
class SHOAL_EXPORT Module {
 public:
  Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  virtual ~Module();

  /// Answers one request. Called from many threads at once: members that change need a mutex.
  /// An exception becomes a 500 for the visitor, who learns nothing more, and a line in the log.
  virtual void handle(Request& request, Response& response) = 0;
};

}  // namespace shoal

/// Makes this shared object a handler module: `SHOAL_MODULE(Home)`, once per module, at namespace
/// scope. Home derives from shoal::Module and is constructible from `shoal::Context&` or from
/// nothing; the former is preferred. The caller of the function it defines owns what is returned.
/// It also leaves a note of the ABI, by which the container refuses what it could not call.
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
