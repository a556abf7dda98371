#include "shoal/module.hpp"

#include <dlfcn.h>

#include "shoal/host/config_node.hpp"
#include "unit/sdk/answering.hpp"

namespace shoal::test {
namespace {

class FakeContext final : public Context {
 public:
  explicit FakeContext(Config config) : config_(std::move(config)) {}

  const std::string& module() const override { return name_; }
  const std::string& group() const override { return name_; }
  unsigned long generation() const override { return 1; }
  const Config& config() const override { return config_; }
  State& state() const override { throw StateError("fish: no State in this test"); }
  bool probing() const override { return false; }
  void log(LogLevel, std::string_view) const override {}

 private:
  std::string name_ = "fish";
  Config config_;
};

Config greeting(std::string text) {
  auto node = std::make_shared<Config::Node>();
  node->kind = Config::Node::Kind::kScalar;
  node->scalar = std::move(text);
  auto map = std::make_shared<Config::Node>();
  map->where = "conf/shoal.yaml:3: modules.fish";
  map->map.emplace_back("greeting", std::move(node));
  return Config(std::move(map));
}

/// Opens a module as the container does, and constructs its handler.
class ModuleTest : public Answering {
 protected:
  std::unique_ptr<Module> make(const std::string& file, Context& context) {
    library_.reset(::dlopen((SDK_TEST_MODULES "/" + file).c_str(), RTLD_NOW | RTLD_LOCAL));
    if (!library_) throw std::runtime_error(::dlerror());
    using MakeModule = Module* (*)(Context&);
    const auto make = reinterpret_cast<MakeModule>(::dlsym(library_.get(), "shoal_make_module"));
    if (make == nullptr) throw std::runtime_error(file + ": no shoal_make_module");
    return std::unique_ptr<Module>(make(context));
  }

 private:
  struct Close {
    void operator()(void* library) const { ::dlclose(library); }
  };
  std::unique_ptr<void, Close> library_;
};

TEST_F(ModuleTest, CanBeConstructedFromAContext) {
  FakeContext context(greeting("Hello"));
  const auto module = make("with_context.so", context);
  module->handle(request(), response());
  finish();
  EXPECT_EQ(exchange_.body(), "Hello from fish");
}

TEST_F(ModuleTest, CanBeConstructedWithoutAContext) {
  FakeContext context{Config()};
  const auto module = make("without_context.so", context);
  module->handle(request(), response());
  finish();
  EXPECT_EQ(exchange_.body(), "alone");
}

TEST_F(ModuleTest, IsNotMadeWhenItsConstructorThrows) {
  FakeContext context{Config()};
  EXPECT_THROW(make("with_context.so", context), ConfigError);
}

TEST_F(ModuleTest, ThrowsExceptionsThatTheContainerCatchesByType) {
  FakeContext context(greeting("Hello"));
  const auto module = make("with_context.so", context);
  asks("POST");
  EXPECT_THROW(module->handle(request(), response()), BodyError);
}

}  // namespace
}  // namespace shoal::test
