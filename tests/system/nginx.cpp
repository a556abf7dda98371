#include "nginx.hpp"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "base/descriptor.hpp"
#include "built.hpp"
#include "eventually.hpp"

namespace shoal::system {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

}  // namespace

std::uint16_t free_port() {
  const base::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket.get(), generic, size) != 0 ||
      ::getsockname(socket.get(), generic, &size) != 0) {
    throw std::runtime_error("127.0.0.1 has no free port");
  }
  return ntohs(address.sin_port);
}

bool is_listening(std::uint16_t port) {
  const base::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

Nginx::Nginx(std::filesystem::path folder, const std::string& server,
             const std::string& next_upstream, const std::string& location)
    : folder_(std::move(folder)) {
  // Another program may take the port before nginx binds it: then another port is tried.
  for (int attempt = 0; attempt < 10; ++attempt) {
    port_ = free_port();
    write_conf(server, next_upstream, location);
    process_.emplace(std::vector<std::string>{built::kNginx, "-e", (folder_ / "nginx.log").native(),
                                              "-p", folder_.native(), "-c", "nginx.conf"},
                     folder_ / "nginx.log");
    if (wait_until_ready()) return;
  }
  throw std::runtime_error("nginx did not start:\n" + log());
}

// Process would kill only the master process, and its children would go on.
Nginx::~Nginx() { stop(); }

bool Nginx::wait_until_ready() {
  return eventually(
             [&] { return !process_->runs() || std::filesystem::exists(folder_ / "nginx.pid"); }) &&
         eventually([&] { return !process_->runs() || is_listening(port_); }) && process_->runs();
}

void Nginx::stop() {
  process_->send(SIGTERM);
  process_->wait();
}

std::string Nginx::log() const { return contents(folder_ / "nginx.log"); }

void Nginx::write_conf(const std::string& server, const std::string& next_upstream,
                       const std::string& location) const {
  std::ofstream conf(folder_ / "nginx.conf");
  // Only the user of the test may enter its folder, so nginx must not change to another user.
  if (::geteuid() == 0) conf << "user root;\n";
  conf << R"(daemon off;
worker_processes 1;
pid nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  log_format ids "$request_id $status";
  client_body_temp_path nginx-body;
  fastcgi_temp_path nginx-fastcgi;
  proxy_temp_path nginx-proxy;
  scgi_temp_path nginx-scgi;
  uwsgi_temp_path nginx-uwsgi;
  client_max_body_size 0;
  keepalive_requests 1000000;
  map $request_method $retry { GET @retry; HEAD @retry; default @bad_gateway; }
  upstream shoal {
    server )"
       << server << R"(;
    keepalive 32;
    keepalive_timeout 60s;
  }
  server {
    listen 127.0.0.1:)"
       << port_ << R"(;
    location / {
      include /etc/nginx/fastcgi_params;
      fastcgi_pass shoal;
      fastcgi_keep_conn on;
      fastcgi_next_upstream )"
       << next_upstream << ";\n      " << (next_upstream == "off" ? "" : "error_page 502 = $retry;")
       << "\n"
       << location << R"(
      fastcgi_read_timeout 180s;
    }
    # As in deploy/nginx/shoal.conf.
    location @retry {
      include /etc/nginx/fastcgi_params;
      fastcgi_pass shoal;
      fastcgi_keep_conn on;
      fastcgi_next_upstream error;
    }
    location @bad_gateway { return 502; }
  }
}
)";
}

}  // namespace shoal::system
