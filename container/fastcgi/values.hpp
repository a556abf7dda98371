#pragma once

namespace shoal::fastcgi {

/// Looks at what lies first in a connection on which no request has begun yet. True when somebody
/// is to read it: a request, garbage, or the end. False when nothing has come.
///
/// FCGI_GET_VALUES, by which a web server asks what we can do before it sends a request (HAProxy
/// does), is answered here and taken away: libfcgi answers it only once the next record has come,
/// for which such a web server waits in vain. Does not block.
bool has_request(int socket);

}  // namespace shoal::fastcgi
