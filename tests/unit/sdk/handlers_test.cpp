#include <functional>
#include <map>

#include "unit/sdk/answering.hpp"

namespace shoal::test {
namespace {

/// A snapshot of handlers that call each other.
class Handlers : public Answering {
 protected:
  using Handler = std::function<void(Request&, Response&)>;

  Handlers() {
    call_handler_ = [this](std::string_view module, Request& request, Response& response) {
      const auto found = handlers_.find(module);
      if (found == handlers_.end()) throw NoSuchModule(std::string(module));
      found->second(request, response);
    };
  }

  std::map<std::string, Handler, std::less<>> handlers_;
};

TEST_F(Handlers, IncludeWritesItsPartInPlace) {
  handlers_["menu"] = [](Request&, Response& response) { response.write("[menu]"); };
  response().html("before ");
  request().include("menu", response());
  response().write(" after");
  finish();
  EXPECT_EQ(exchange_.body(), "before [menu] after");
}

TEST_F(Handlers, IncludePassesTheSameRequest) {
  const Request* seen = nullptr;
  handlers_["menu"] = [&](Request& request, Response&) { seen = &request; };
  request().include("menu", response());
  EXPECT_EQ(seen, &request());
}

TEST_F(Handlers, IncludeOfAnUnknownModuleThrowsAndKeepsWhatWasWritten) {
  response().text("kept");
  EXPECT_THROW(request().include("nowhere", response()), NoSuchModule);
  finish();
  EXPECT_EQ(exchange_.body(), "kept");
}

TEST_F(Handlers, AreNotFoundWithoutASnapshot) {
  call_handler_ = nullptr;
  EXPECT_THROW(request().include("menu", response()), NoSuchModule);
  EXPECT_THROW(request().forward("menu"), NoSuchModule);
}

TEST_F(Handlers, IncludesNestThirtyTwoDeep) {
  int depth = 0;
  handlers_["nest"] = [&](Request& request, Response& response) {
    if (++depth < 32) request.include("nest", response);
  };
  EXPECT_NO_THROW(request().include("nest", response()));
  EXPECT_EQ(depth, 32);
}

TEST_F(Handlers, AModuleThatIncludesItselfIsStopped) {
  int depth = 0;
  handlers_["loop"] = [&](Request& request, Response& response) {
    ++depth;
    request.include("loop", response);
  };
  try {
    request().include("loop", response());
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("loop: includes and forwards nest deeper than 32"));
  }
  EXPECT_EQ(depth, 32);
}

TEST_F(Handlers, AModuleThatForwardsToItselfIsStopped) {
  handlers_["loop"] = [](Request& request, Response&) { request.forward("loop"); };
  EXPECT_THROW(request().forward("loop"), std::runtime_error);
}

TEST_F(Handlers, IncludesOneAfterAnotherDoNotCountAsNesting) {
  int calls = 0;
  handlers_["part"] = [&](Request&, Response&) {
    if (++calls % 2 == 0) throw std::runtime_error("half of them fail");
  };
  for (int i = 0; i < 100; ++i) {
    try {
      request().include("part", response());
    } catch (const std::runtime_error&) {
    }
  }
  EXPECT_EQ(calls, 100);
}

TEST_F(Handlers, ForwardReplacesTheAnswerSoFar) {
  handlers_["other"] = [](Request&, Response& response) { response.text("other"); };
  response().status(404).header("X-A", "a").cookie({.name = "a", .value = "b"}).html("secret");
  request().forward("other");
  finish();
  EXPECT_EQ(exchange_.sent,
            "Status: 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n\r\n"
            "other");
  EXPECT_EQ(bytes_written(), 5u);
}

TEST_F(Handlers, ForwardAfterTheHeadWasSentThrows) {
  bool called = false;
  handlers_["other"] = [&](Request&, Response&) { called = true; };
  response().flush();
  EXPECT_THROW(request().forward("other"), std::logic_error);
  EXPECT_FALSE(called);
}

TEST_F(Handlers, PassOnTheExceptionOfTheOther) {
  handlers_["bad"] = [](Request&, Response&) { throw std::out_of_range("42"); };
  EXPECT_THROW(request().include("bad", response()), std::out_of_range);
  EXPECT_THROW(request().forward("bad"), std::out_of_range);
}

TEST_F(Handlers, ShareAFormThatOneOfThemHasRead) {
  sends_form("a=1");
  handlers_["part"] = [](Request& request, Response& response) {
    response.write(request.form("a").value_or("none"));
  };
  request().form("a");
  request().include("part", response());
  finish();
  EXPECT_EQ(exchange_.body(), "1");
}

}  // namespace
}  // namespace shoal::test
