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
    throw std::runtime_error("no port of 127.0.0.1 is free");
  }
  return ntohs(address.sin_port);
}

bool is_taken(std::uint16_t port) {
  const base::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

Nginx::Nginx(std::filesystem::path folder, const std::string& server,
             const std::string& next_upstream, const std::string& location)
    : folder_(std::move(folder)) {
  // Between our choice of a port and nginx's binding it, somebody else may take it.
  for (int attempt = 0; attempt < 10; ++attempt) {
    port_ = free_port();
    write_conf(server, next_upstream, location);
    process_.emplace(std::vector<std::string>{built::kNginx, "-e", (folder_ / "nginx.log").native(),
                                              "-p", folder_.native(), "-c", "nginx.conf"},
                     folder_ / "nginx.log");
    if (answers()) return;
  }
  throw std::runtime_error("nginx did not start:\n" + log());
}

// Not left to Process, which would kill the master alone: its worker would stay.
Nginx::~Nginx() { stop(); }

bool Nginx::answers() {
  return eventually(
             [&] { return !process_->runs() || std::filesystem::exists(folder_ / "nginx.pid"); }) &&
         eventually([&] { return !process_->runs() || is_taken(port_); }) && process_->runs();
}

void Nginx::stop() {
  process_->send(SIGTERM);
  process_->wait();
}

std::string Nginx::log() const { return contents(folder_ / "nginx.log"); }

void Nginx::write_conf(const std::string& server, const std::string& next_upstream,
                       const std::string& location) const {
  std::ofstream conf(folder_ / "nginx.conf");
  // A test's folder is closed to everyone else, so root's workers stay root.
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
  map $request_method $again { GET @again; HEAD @again; default @gone; }
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
       << next_upstream << ";\n      " << (next_upstream == "off" ? "" : "error_page 502 = $again;")
       << "\n"
       << location << R"(
      fastcgi_read_timeout 180s;
    }
    # As in deploy/nginx/shoal.conf.
    location @again {
      include /etc/nginx/fastcgi_params;
      fastcgi_pass shoal;
      fastcgi_keep_conn on;
      fastcgi_next_upstream error;
    }
    location @gone { return 502; }
  }
}
)";
}

}  // namespace shoal::system
