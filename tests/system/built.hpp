#pragma once

/// What the tests need to know of the build; CMakeLists.txt defines it.
namespace shoal::system::built {

inline constexpr char kContainer[] = SHOAL_BUILT_CONTAINER;  ///< the program `shoal`
inline constexpr char kModules[] = SHOAL_BUILT_MODULES;  ///< tests/modules, a folder per version
inline constexpr char kFolder[] = SHOAL_BUILT_FOLDER;    ///< the build folder
inline constexpr char kRepository[] = SHOAL_BUILT_REPOSITORY;         ///< the source folder
inline constexpr char kNginx[] = SHOAL_BUILT_NGINX;                   ///< the program
inline constexpr char kApache[] = SHOAL_BUILT_APACHE;                 ///< the program
inline constexpr char kApacheModules[] = SHOAL_BUILT_APACHE_MODULES;  ///< their folder
inline constexpr char kLighttpd[] = SHOAL_BUILT_LIGHTTPD;             ///< the program
inline constexpr char kCaddy[] = SHOAL_BUILT_CADDY;                   ///< the program
inline constexpr char kH2o[] = SHOAL_BUILT_H2O;                       ///< the program
inline constexpr char kSpawnFcgi[] = SHOAL_BUILT_SPAWN_FCGI;          ///< the program
inline constexpr char kChromium[] = SHOAL_BUILT_CHROMIUM;             ///< the program
inline constexpr char kGdb[] = SHOAL_BUILT_GDB;                       ///< the program
inline constexpr char kValgrind[] = SHOAL_BUILT_VALGRIND;             ///< the program
inline constexpr char kCompiler[] = SHOAL_BUILT_COMPILER;             ///< what built the container
inline constexpr char kSanitizerFlags[] = SHOAL_BUILT_SANITIZER_FLAGS;  ///< of the container

}  // namespace shoal::system::built
