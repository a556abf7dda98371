# What authors of modules use, in this repository and after find_package(Shoal):
#
#   shoal_add_module(aquarium.screen.home SOURCES home.cpp LINK aquarium.layout.page)
#   shoal_add_library(aquarium.layout.page SOURCES page.cpp)
#
# The dotted name is the CMake target, and its dots become folders below SHOAL_APPS_DIR (default: the
# build's own apps/): apps/aquarium/screen/home.so. LINK takes library modules by their dotted names,
# and any other CMake target. A library module's headers are found by what links to it.

function(shoal_add_module name)
  _shoal_add_published(${name} ${ARGN})
endfunction()

function(shoal_add_library name)
  _shoal_add_published(${name} ${ARGN})
  target_include_directories(${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
endfunction()

# Seconds can lie between the linking of a base class and that of its last child, and a container that
# serves the apps folder would meet the new base with an old child. So modules are linked beside it, and
# the target shoal_apps, part of `all`, puts what has changed into it in one go once everything is built.
macro(_shoal_add_published name)
  if(NOT DEFINED SHOAL_APPS_DIR)
    set(SHOAL_APPS_DIR ${CMAKE_BINARY_DIR}/apps)
  endif()
  _shoal_publisher_of(${SHOAL_APPS_DIR} publisher)
  set(SHOAL_APPS_DIR ${SHOAL_APPS_DIR}.linked)
  _shoal_add(${name} ${name} ${ARGN})
  add_dependencies(${publisher} ${name})
endmacro()

# The target that publishes into `folder`. A build with several apps folders has one for each.
function(_shoal_publisher_of folder result)
  if(NOT TARGET shoal_apps)
    add_custom_target(shoal_apps ALL)
  endif()
  string(SHA256 hash ${folder})
  string(SUBSTRING ${hash} 0 8 hash)
  set(publisher shoal_apps_${hash})
  if(NOT TARGET ${publisher})
    add_custom_target(${publisher}
      COMMAND ${CMAKE_COMMAND} -D FROM=${folder}.linked -D TO=${folder}
              -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/ShoalPublish.cmake
      COMMENT "Publishing modules into ${folder}"
      VERBATIM)
    add_dependencies(shoal_apps ${publisher})
  endif()
  set(${result} ${publisher} PARENT_SCOPE)
endfunction()

# `target` differs from `name` only where one build makes a module in several versions: our tests.
function(_shoal_add target name)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "SOURCES;LINK")
  if(NOT name MATCHES "^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*$")
    message(FATAL_ERROR "${name}: not a dotted module name; use letters, digits, _ and - between dots")
  endif()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${name}: unknown arguments ${arg_UNPARSED_ARGUMENTS}; known: SOURCES, LINK")
  endif()
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "${name}: SOURCES is missing")
  endif()

  if(NOT DEFINED SHOAL_APPS_DIR)
    set(SHOAL_APPS_DIR ${CMAKE_BINARY_DIR}/apps)
  endif()
  string(REPLACE "." "/" path ${name})
  cmake_path(GET path PARENT_PATH folder)
  cmake_path(GET path FILENAME file)
  add_library(${target} SHARED ${arg_SOURCES})
  set_target_properties(${target} PROPERTIES
    PREFIX ""
    OUTPUT_NAME ${file}
    LIBRARY_OUTPUT_DIRECTORY ${SHOAL_APPS_DIR}/${folder}
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    SKIP_BUILD_RPATH ON
    NO_SONAME ON)
  # Inline statics must not become unique symbols: such a library would never be unloaded.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
  # The stage of a generation is one flat folder of files named by their dotted names. A soname with
  # $ORIGIN makes a child ask for the base that lies beside it, never for one of another generation.
  # It stands in a file because each generator and shell has its own way to spoil a dollar sign.
  set(soname ${CMAKE_CURRENT_BINARY_DIR}/${target}.soname)
  file(WRITE ${soname} "-soname=$ORIGIN/${name}.so\n")
  target_link_options(${target} PRIVATE LINKER:@${soname} LINKER:-z,now LINKER:-z,defs)
  target_link_libraries(${target} PRIVATE Shoal::shoal PUBLIC ${arg_LINK})
endfunction()
