# The Debian packages shoal and libshoal-dev, one for each install component of CMake:
#
#   cmake --preset package && cmake --build --preset package      writes them to build/package
#
# The preset installs to /usr, so the program looks for its configuration in /etc.

install(FILES logrotate/shoal DESTINATION ${etc}/logrotate.d)
install(DIRECTORY DESTINATION lib/shoal/apps)
install(FILES ${PROJECT_SOURCE_DIR}/CHANGELOG.md DESTINATION ${doc})

set(CPACK_GENERATOR DEB)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL container sdk)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_PACKAGE_VENDOR Shoal)
set(SHOAL_MAINTAINER "Shoal's maintainers <shoal@localhost>" CACHE STRING
    "Maintainer of the Debian packages: Name <mail address>")
set(CPACK_PACKAGE_CONTACT ${SHOAL_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "FastCGI container for C++ modules")
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(version ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})

set(CPACK_DEBIAN_CONTAINER_PACKAGE_NAME shoal)
set(CPACK_DEBIAN_CONTAINER_PACKAGE_SECTION httpd)
set(CPACK_DEBIAN_CONTAINER_DESCRIPTION 
    "Shoal stands behind a web server and answers requests with modules: shared
objects that are dropped into a folder while it serves. Modules live in
groups. When one module of a group changes, the whole group is replaced at once.")
set(CPACK_DEBIAN_CONTAINER_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_CONTAINER_PACKAGE_RECOMMENDS "logrotate")
set(CPACK_DEBIAN_CONTAINER_PACKAGE_SUGGESTS "nginx | httpd-cgi")
set(CPACK_DEBIAN_CONTAINER_PACKAGE_CONTROL_EXTRA
    ${CMAKE_CURRENT_SOURCE_DIR}/debian/conffiles
    ${CMAKE_CURRENT_SOURCE_DIR}/debian/postinst
    ${CMAKE_CURRENT_SOURCE_DIR}/debian/prerm
    ${CMAKE_CURRENT_SOURCE_DIR}/debian/postrm
    ${CMAKE_CURRENT_SOURCE_DIR}/debian/triggers)
# Not stripped: the stack in a crash report has names for the container's own functions, too.
set(CPACK_STRIP_FILES OFF)
# The packages that the program and the library depend on are read from the files themselves. A package
# that contains a module finds its dependency on ours in shlibs.
set(CPACK_DEBIAN_CONTAINER_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")

set(CPACK_DEBIAN_SDK_PACKAGE_NAME libshoal-dev)
set(CPACK_DEBIAN_SDK_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_SDK_DESCRIPTION 
    "Headers and the CMake package Shoal, for building modules of Shoal.")
set(CPACK_DEBIAN_SDK_PACKAGE_DEPENDS "shoal (= ${version})")
set(CPACK_DEBIAN_SDK_PACKAGE_SUGGESTS "cmake, g++")

include(CPack)
