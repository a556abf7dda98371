#include "apache.hpp"

#include <stdlib.h>
#include <unistd.h>

#include "built.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using Command = std::vector<std::string>;

/// What Debian's apache2.conf, ports.conf and enabled modules are to a site.
std::string surroundings(const fs::path& folder, std::uint16_t port) {
  const std::string& here = folder.native();
  std::string text = "ServerRoot \"" + here + "\"\nDefaultRuntimeDir \"" + here +
                     "\"\nMutex \"file:" + here + "\" default\n" +
                     "PidFile apache.pid\nErrorLog error.log\nServerName localhost\n" +
                     "Listen 127.0.0.1:" + std::to_string(port) + "\n";
  for (const char* module :
       {"mpm_event", "authz_core", "dir", "env", "proxy", "proxy_fcgi", "fcgid"}) {
    text.append("LoadModule ").append(module).append("_module ");
    text.append(built::kApacheModules).append("/mod_").append(module).append(".so\n");
  }
  text += "FcgidIPCDir \"" + here + "/ipc\"\nFcgidProcessTableFile \"" + here + "/table\"\n";
  // mod_fcgid gives the container none of Apache's variables; the sanitizers' are tests/run.sh's.
  for (const char* variable : {"ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"}) {
    if (const char* value = ::getenv(variable)) {
      text.append("FcgidInitialEnv ").append(variable).append(" \"").append(value).append("\"\n");
    }
  }
  return text;
}

Command command(const fs::path& folder) {
  Command words{built::kApache,
                "-D",
                "FOREGROUND",
                "-d",
                folder.native(),
                "-f",
                (folder / "apache.conf").native()};
  if (::geteuid() != 0) return words;
  const Command as_nobody{"setpriv",
                          "--reuid=65534",
                          "--regid=65534",
                          "--clear-groups",
                          "--inh-caps=+dac_override",
                          "--ambient-caps=+dac_override",
                          "--pdeathsig=TERM",  // for the change of user has undone that of Process
                          "--"};
  words.insert(words.begin(), as_nobody.begin(), as_nobody.end());
  return words;
}

Server::Setup with_site(std::string file,
                        std::vector<std::pair<std::string, std::string>> replacements) {
  return [file, replacements](const fs::path& folder, std::uint16_t port) {
    auto all = replacements;
    all.emplace_back("<VirtualHost *:80>", "<VirtualHost 127.0.0.1:" + std::to_string(port) + ">");
    write(folder / "apache.conf", surroundings(folder, port) + shipped("apache/" + file, all));
    return command(folder);
  };
}

}  // namespace

Server::Setup apache_over_unix(fs::path socket) {
  return with_site("shoal.conf", {{"/run/shoal/shoal.sock", socket.native()}});
}

Server::Setup apache_over_tcp(std::string address) {
  return with_site(
      "shoal.conf",
      {{"\nDefine", "\n##"}, {"\n#Define", "\nDefine"}, {"127.0.0.1:9000", std::move(address)}});
}

Server::Setup apache_with_fcgid(fs::path configuration) {
  return with_site("shoal-fcgid.conf", {{"/usr/local/bin/shoal", built::kContainer},
                                        {"/etc/shoal/fcgid.yaml", configuration.native()}});
}

}  // namespace shoal::system
