# SPDX-License-Identifier: BSD-2-Clause
"""A web server of Python's own that tells what it read: server.py PORT."""
import hashlib
import http.client
import http.server
import sys

http.client._MAXHEADERS = 400


def short(text):
    if len(text) > 300:
        return 'sum:' + hashlib.md5(text.encode('iso-8859-1')).hexdigest()
    return text or '-'


class Teller(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    timeout = 20
    rbufsize = 65536
    wbufsize = 65536

    def __getattr__(self, name):
        if name.startswith('do_'):
            return self.tell
        raise AttributeError(name)

    def read_body(self):
        if self.headers.get('Transfer-Encoding', '').lower() == 'chunked':
            return b''.join(self.chunks())
        return self.read_exactly(int(self.headers.get('Content-Length', 0)))

    def read_exactly(self, length):
        content = self.rfile.read(length)
        if len(content) < length:
            raise ConnectionError('the body is cut short')
        return content

    def chunks(self):
        while True:
            size = int(self.read_line().split(b';')[0], 16)
            if size == 0:
                break
            yield self.read_exactly(size + 2)[:-2]
        while self.read_line() != b'\r\n':
            pass

    def read_line(self):
        line = self.rfile.readline(65537)
        if not line.endswith(b'\n'):
            raise ConnectionError('a line is cut short')
        return line

    def tell(self):
        # What stands in two lines would show as two here.
        host, client = (', '.join(self.headers.get_all(name) or [])
                        for name in ('Host', 'X-Forwarded-For'))
        target = self.requestline.split()[1]
        body = self.read_body()
        said = ' '.join([short(self.command), short(target), short(host),
                         short(client),
                         '%d:%s' % (len(body),
                                    hashlib.md5(body).hexdigest())])
        self.send_response_only(200)
        self.send_header('X-Reading', said)
        self.send_header('Content-Length', '0')
        self.end_headers()

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass


Server(('127.0.0.1', int(sys.argv[1])), Teller).serve_forever()
