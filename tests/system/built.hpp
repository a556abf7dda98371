#pragma once

/// What the build knows and its tests need: see CMakeLists.txt.
namespace shoal::system::built {

inline constexpr char kContainer[] = SHOAL_BUILT_CONTAINER;    ///< the program `shoal`
inline constexpr char kModules[] = SHOAL_BUILT_MODULES;        ///< tests/modules, in versions
inline constexpr char kFolder[] = SHOAL_BUILT_FOLDER;          ///< the build folder
inline constexpr char kRepository[] = SHOAL_BUILT_REPOSITORY;  ///< the source folder
inline constexpr char kNginx[] = SHOAL_BUILT_NGINX;            ///< the program
inline constexpr char kCompiler[] = SHOAL_BUILT_COMPILER;      ///< what built the container
inline constexpr char kSanitizerFlags[] = SHOAL_BUILT_SANITIZER_FLAGS;  ///< of the container

}  // namespace shoal::system::built
