#include "apache.hpp"

#include <stdlib.h>
#include <unistd.h>

#include "built.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using Command = std::vector<std::string>;

/// Returns what Debian configures around a site: apache2.conf, ports.conf, the enabled modules.
std::string main_configuration(const fs::path& folder, std::uint16_t port) {
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
                          "--pdeathsig=TERM",  // set again: the change of user resets it
                          "--"};
  words.insert(words.begin(), as_nobody.begin(), as_nobody.end());
  return words;
}

Server::Setup with_site(std::string file,
                        std::vector<std::pair<std::string, std::string>> replacements) {
  return [file, replacements](const fs::path& folder, std::uint16_t port) {
    auto all = replacements;
    all.emplace_back("<VirtualHost *:80>", "<VirtualHost 127.0.0.1:" + std::to_string(port) + ">");
    write_file(folder / "apache.conf",
               main_configuration(folder, port) + shipped_file("apache/" + file, all));
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

// A script sets the sanitizers' options of tests/run.sh: mod_fcgid does not pass on Apache's
// environment, and truncates the variables that its configuration sets.
Server::Setup apache_with_fcgid(fs::path configuration) {
  return [configuration](const fs::path& folder, std::uint16_t port) {
    const fs::path script = folder / "start_container";
    std::string text = "#!/bin/sh\n";
    for (const char* name : {"ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"}) {
      const char* value = ::getenv(name);
      if (value != nullptr)
        text.append("export ").append(name).append("=\"").append(value).append("\"\n");
    }
    write_file(script, text + "exec " + built::kContainer + " \"$@\"\n");
    fs::permissions(script, fs::perms(0755));
    return with_site("shoal-fcgid.conf", {{"/usr/local/bin/shoal", script.native()},
                                          {"/etc/shoal/fcgid.yaml", configuration.native()}})(
        folder, port);
  };
}

}  // namespace shoal::system
