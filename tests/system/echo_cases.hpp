#pragma once

#include <string>

#include "http.hpp"

namespace shoal::system {

/// A request of a visitor, and what the module `echo` must see of it.
struct EchoCase {
  std::string name;
  Request request;
  std::string path;
  std::string path_info;
  std::string rest = "body: \n";  ///< query, headers, cookies, form or body
  bool in_chunks = false;
};

inline const std::string kText = "text/plain";
inline const std::string kForm = "application/x-www-form-urlencoded";
inline const std::string kLongCookie(8'192, 'c');

/// Requests that a module must see alike behind every web server.
inline const EchoCase kEchoCases[] = {
    // Routes: /: echo, /prefix: echo, /tank: tank, where tank.fish is a module.
    {"Root", {.path = "/"}, "/", "/"},
    {"WithoutAPrefix", {.path = "/fish/2"}, "/fish/2", "/fish/2"},
    {"APrefix", {.path = "/prefix"}, "/prefix", ""},
    {"APrefixAndASlash", {.path = "/prefix/"}, "/prefix/", "/"},
    {"APrefixAndMore", {.path = "/prefix/a/b.html/"}, "/prefix/a/b.html/", "/a/b.html/"},
    {"APrefixAndAModule", {.path = "/tank/fish"}, "/tank/fish", ""},
    {"APrefixAModuleAndMore", {.path = "/tank/fish/a/b"}, "/tank/fish/a/b", "/a/b"},

    {"AnEncodedSlash", {.path = "/prefix/a%2Fb%2fc"}, "/prefix/a/b/c", "/a/b/c"},
    {"ASpace", {.path = "/prefix/a%20b"}, "/prefix/a b", "/a b"},
    {"APlus", {.path = "/prefix/a+b"}, "/prefix/a+b", "/a+b"},
    {"Umlauts", {.path = "/prefix/b%C3%A4rsch"}, "/prefix/bärsch", "/bärsch"},
    {"NotUtf8", {.path = "/prefix/b%E4rsch"}, "/prefix/b\xE4rsch", "/b\xE4rsch"},
    {"APercent", {.path = "/prefix/100%25"}, "/prefix/100%", "/100%"},
    {"AnEncodedEncoding", {.path = "/prefix/a%252Fb"}, "/prefix/a%2Fb", "/a%2Fb"},
    {"AnEncodedQuestionMark", {.path = "/prefix/a%3Fb"}, "/prefix/a?b", "/a?b"},
    {"AnEncodedHash", {.path = "/prefix/a%23b"}, "/prefix/a#b", "/a#b"},
    {"AnEncodedLetter", {.path = "/pr%65fix/%61"}, "/prefix/a", "/a"},
    {"Delimiters", {.path = "/prefix/~a;b=c:@&$,!"}, "/prefix/~a;b=c:@&$,!", "/~a;b=c:@&$,!"},

    {"TwoSlashes", {.path = "/prefix//a"}, "/prefix/a", "/a"},
    {"TwoSlashesInFront", {.path = "//prefix/a"}, "/prefix/a", "/a"},
    {"Dots", {.path = "/prefix/./a/../b"}, "/prefix/b", "/b"},
    {"DotsIntoAPrefix", {.path = "/x/../prefix/b"}, "/prefix/b", "/b"},
    {"EncodedDots", {.path = "/prefix/a/%2e%2e/b"}, "/prefix/b", "/b"},

    {"AnEmptyQuery", {.path = "/prefix?"}, "/prefix", ""},
    {"AQuery", {.path = "/prefix?a=1"}, "/prefix", "", "query a: 1\nbody: \n"},
    {"ARepeatedQuery",
     {.path = "/prefix?a=1&b&a=2&&=x"},
     "/prefix",
     "",
     "query a: 1\nquery b: \nquery a: 2\nquery : x\nbody: \n"},
    {"AnEncodedQuery",
     {.path = "/prefix/a?f=b%C3%A4rsch&s=+%20%2B%26%3D%25&p=%2F%252F"},
     "/prefix/a",
     "/a",
     "query f: bärsch\nquery s:   +&=%\nquery p: /%2F\nbody: \n"},
    {"APathAsQuery", {.path = "/prefix?/a//../b?c"}, "/prefix", "", "query /a//../b?c: \nbody: \n"},

    {"AHeader",
     {.path = "/prefix", .headers = {{"X-Fish", "cod"}}},
     "/prefix",
     "",
     "header X-Fish: cod\nbody: \n"},
    {"Credentials",
     {.path = "/prefix", .headers = {{"Authorization", "Bearer cod"}}},
     "/prefix",
     "",
     "header Authorization: Bearer cod\nbody: \n"},
    {"ALongCookie",
     {.path = "/prefix", .headers = {{"Cookie", "tank=" + kLongCookie}}},
     "/prefix",
     "",
     "cookie tank: " + kLongCookie + "\nbody: \n"},

    {"Delete", {.method = "DELETE", .path = "/prefix/a"}, "/prefix/a", "/a"},
    {"Options", {.method = "OPTIONS", .path = "/prefix/a"}, "/prefix/a", "/a"},
    {"APostWithABody",
     {"POST", "/prefix?a=1", {{"Content-Type", kText}}, "cod"},
     "/prefix",
     "",
     "query a: 1\nheader Content-Type: text/plain\nbody: cod\n"},
    {"APostWithAForm",
     {"POST", "/prefix", {{"Content-Type", kForm}}, "a=1&a=b%C3%A4rsch"},
     "/prefix",
     "",
     "header Content-Type: " + kForm + "\nform a: 1\nform a: bärsch\n"},
    {"APutWithALongBody",
     {"PUT", "/prefix", {{"Content-Type", kText}}, std::string(300'000, 'b')},
     "/prefix",
     "",
     "header Content-Type: text/plain\nbody: " + std::string(300'000, 'b') + "\n"},
    {"APostInChunks",
     {"POST", "/prefix", {{"Content-Type", kText}}, std::string(30'000, 'c')},
     "/prefix",
     "",
     "header Content-Type: text/plain\nbody: " + std::string(30'000, 'c') + "\n",
     true},
};

/// Returns the response of `echo` to a request of which it sees this.
inline std::string echo_of(const std::string& method, const std::string& path,
                           const std::string& path_info, const std::string& rest) {
  return "method: " + method + "\npath: " + path + "\npath_info: " + path_info +
         "\nremote_address: 127.0.0.1\nprotocol: HTTP/1.1\n" + rest;
}

/// Returns a response of `echo` without the line of Content-Length: some web servers pass 0 when
/// the visitor sent no such header.
inline std::string echo_in(const Response& response) {
  if (response.status != 200) return "status " + std::to_string(response.status) + response.failure;
  std::string body = response.body;
  const auto at = body.find("header Content-Length: ");
  if (at != std::string::npos) body.erase(at, body.find('\n', at) + 1 - at);
  return body;
}

}  // namespace shoal::system
