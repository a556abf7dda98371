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
# It exists in a build without modules, too, to remove those that an earlier build has published.
if(NOT TARGET shoal_apps)
  set(_shoal_plan ${CMAKE_BINARY_DIR}/CMakeFiles/shoal_published/plan-$<CONFIG>.cmake)
  add_custom_target(shoal_apps ALL
    COMMAND ${CMAKE_COMMAND} -D PLAN=${_shoal_plan} -D TREE=${CMAKE_BINARY_DIR}
            -P ${CMAKE_CURRENT_LIST_DIR}/ShoalPublish.cmake
    COMMENT "Publishing modules"
    VERBATIM)
  file(GENERATE OUTPUT ${_shoal_plan}
       CONTENT "$<GENEX_EVAL:$<TARGET_PROPERTY:shoal_apps,SHOAL_PLAN>>")
  unset(_shoal_plan)
endif()

function(_shoal_add_published name)
  set(default ${CMAKE_BINARY_DIR}/apps)
  set(folder ${default})
  if(DEFINED SHOAL_APPS_DIR)
    cmake_path(ABSOLUTE_PATH SHOAL_APPS_DIR BASE_DIRECTORY ${CMAKE_BINARY_DIR} NORMALIZE
               OUTPUT_VARIABLE folder)
    string(REGEX REPLACE "(.)/$" "\\1" folder ${folder})
  endif()
  # Never beside an apps folder that other builds publish into: each links in its own build folder.
  set(SHOAL_APPS_DIR ${default}.linked)
  if(NOT folder STREQUAL default)
    string(SHA256 hash ${folder})
    string(SUBSTRING ${hash} 0 8 hash)
    string(APPEND SHOAL_APPS_DIR .${hash})
  endif()
  _shoal_add(${name} ${name} ${ARGN})
  add_dependencies(shoal_apps ${name})
  string(REPLACE "." "/" path ${name})
  set_property(TARGET shoal_apps APPEND_STRING PROPERTY SHOAL_PLAN
    "shoal_publish([==[${folder}]==] ${path}.so [==[$<TARGET_FILE:${name}>]==])\n")
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
    BUILD_WITH_INSTALL_RPATH ON
    INSTALL_RPATH ""
    SHOAL_MODULE ON
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
  # At the end of the folder, when the targets and what target_link_libraries has added are known.
  cmake_language(EVAL CODE "cmake_language(DEFER CALL _shoal_set_run_path [[${target}]])")
endfunction()

# A module is opened as a copy in another folder, so its run path names the folder of each shared library
# that it links to, in this build or elsewhere. CMake's own run path would also name the folders of
# libshoal and of the modules it links to. Nothing needs those, and on another machine a folder of that
# name may belong to any user, and the container would run what it finds there.
#
# An imported library may be known in this folder alone, one of another folder only at the end of the whole
# build: what is not known in the first pass is looked for there, in a second one.
function(_shoal_set_run_path target)
  set(folders)
  set(unknown)
  set(visited Shoal::shoal)
  set(items ${ARGN})
  if(NOT items)
    get_target_property(items ${target} LINK_LIBRARIES)
  endif()
  while(items)
    list(POP_FRONT items item)
    string(REGEX REPLACE "^\\$<(LINK_ONLY|BUILD_INTERFACE|BUILD_LOCAL_INTERFACE):(.*)>$" "\\2" item "${item}")
    if(item IN_LIST visited)
      continue()
    endif()
    list(APPEND visited "${item}")
    if(TARGET "${item}")
      get_target_property(type ${item} TYPE)
      get_target_property(is_module ${item} SHOAL_MODULE)
      if(type MATCHES "^(SHARED|UNKNOWN)_LIBRARY$" AND NOT is_module)
        list(APPEND folders $<TARGET_FILE_DIR:${item}>)
      endif()
      get_target_property(further ${item} INTERFACE_LINK_LIBRARIES)
      if(further)
        list(APPEND items ${further})
      endif()
    elseif(item MATCHES "^/.*\\.so(\\.[0-9.]+)?$")
      cmake_path(GET item PARENT_PATH folder)
      list(APPEND folders ${folder})
    elseif(NOT item MATCHES "^-|[/$]")
      list(APPEND unknown ${item})
    endif()
  endwhile()
  if(unknown AND NOT ARGN)
    cmake_language(EVAL CODE "cmake_language(DEFER DIRECTORY [[${CMAKE_SOURCE_DIR}]]
      CALL _shoal_set_run_path [[${target}]] [[${unknown}]])")
  endif()
  if(folders)  # the dynamic linker's own folders need no mention
    set_property(TARGET ${target} APPEND PROPERTY INSTALL_RPATH
      "$<REMOVE_DUPLICATES:$<FILTER:${folders},EXCLUDE,^(/usr)?/lib(64)?(/[^/]+-linux-gnu)?$>>")
  endif()
endfunction()
