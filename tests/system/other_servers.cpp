#include "other_servers.hpp"

#include <unistd.h>

#include "built.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using Command = std::vector<std::string>;

const char kShippedSocket[] = "/run/shoal/shoal.sock";

bool is_root() { return ::geteuid() == 0; }

}  // namespace

Server::Setup shipped_nginx(fs::path socket) {
  return [socket](const fs::path& folder, std::uint16_t port) -> Command {
    std::string conf = "daemon off;\npid nginx.pid;\nevents {}\n";
    // Only the user of the test may enter its folder, so nginx must not change to another user.
    if (is_root()) conf += "user root;\n";
    conf += "http {\n  access_log off;\n  client_body_temp_path body;\n";
    for (const char* kind : {"fastcgi", "proxy", "scgi", "uwsgi"}) {
      conf.append("  ").append(kind).append("_temp_path ").append(kind).append(";\n");
    }
    conf += shipped_file("nginx/shoal.conf",
                         {{kShippedSocket, socket.native()},
                          {"listen 80;", "listen 127.0.0.1:" + std::to_string(port) + ";"},
                          {"include fastcgi_params;", "include /etc/nginx/fastcgi_params;"}});
    write_file(folder / "nginx.conf", conf + "}\n");
    return {built::kNginx, "-e",        (folder / "error.log").native(), "-p", folder.native(),
            "-c",          "nginx.conf"};
  };
}

Server::Setup lighttpd(fs::path socket) {
  return [socket](const fs::path& folder, std::uint16_t port) -> Command {
    const std::string& here = folder.native();
    write_file(folder / "lighttpd.conf",
               "server.bind = \"127.0.0.1\"\nserver.port = " + std::to_string(port) +
                   "\nserver.document-root = \"" + here + "\"\nserver.upload-dirs = ( \"" + here +
                   "\" )\nserver.errorlog = \"" + here + "/error.log\"\n" +
                   shipped_file("lighttpd/50-shoal.conf", {{kShippedSocket, socket.native()}}));
    return {built::kLighttpd, "-D", "-f", (folder / "lighttpd.conf").native()};
  };
}

Server::Setup caddy(fs::path socket) {
  return [socket](const fs::path& folder, std::uint16_t port) -> Command {
    write_file(folder / "Caddyfile",
               "{\n\tadmin off\n\tauto_https off\n\tstorage file_system " +
                   (folder / "storage").native() + "\n}\n" +
                   shipped_file("caddy/Caddyfile", {{kShippedSocket, socket.native()},
                                                    {"\n:80 {", "\n:" + std::to_string(port) +
                                                                    " {\n\tbind 127.0.0.1"}}));
    return {"env",      "HOME=" + folder.native(),       built::kCaddy, "run",
            "--config", (folder / "Caddyfile").native(), "--adapter",   "caddyfile"};
  };
}

Server::Setup h2o(fs::path socket) {
  return [socket](const fs::path& folder, std::uint16_t port) -> Command {
    write_file(
        folder / "h2o.conf",
        "pid-file: " + (folder / "h2o.pid").native() + "\n" +
            shipped_file("h2o/h2o.conf", {{kShippedSocket, socket.native()},
                                          // Only root can change to another user.
                                          {"user: www-data\n", is_root() ? "user: root\n" : ""},
                                          {"listen: 80\n", "listen: { host: 127.0.0.1, port: " +
                                                               std::to_string(port) + " }\n"}}));
    return {built::kH2o, "-c", (folder / "h2o.conf").native()};
  };
}

}  // namespace shoal::system
