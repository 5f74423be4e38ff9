# SPDX-License-Identifier: BSD-2-Clause
# Backends to be checked: many ports, each of which can be told how to answer.
#
# checked.py DIR N: listens at N ports of 127.0.0.1, or with N = 0 at the unix
# socket DIR/socket, and writes the ports to DIR/ports. DIR/checks gets a line
# for each connection ("NUMBER TIME accept") and each request ("NUMBER TIME
# METHOD TARGET HOST AGENT"), and one for its end ("NUMBER TIME end HOW").
# From its input it reads commands, "NUMBER MODE": status CODE, body TEXT,
# hang, reset, garbage, ill (503 but for /healthz), refuse (nobody listens),
# serve (200, and listens again). Number "*" is all of them. DIR/told gets a line for each that has been obeyed.
import asyncio
import os
import socket
import struct
import sys
import time

DIR, COUNT = sys.argv[1], int(sys.argv[2])
log = open(DIR + '/checks', 'w', buffering=1)
told = open(DIR + '/told', 'w', buffering=1)
modes = {}
servers = {}
ports = {}


def note(number, *words):
    print(number, '%.3f' % time.monotonic(), *words, file=log)


def answer(mode):
    word, _, rest = mode.partition(' ')
    if word == 'garbage':
        return b'\x16\x03\x01\x00\x02\x02\x28'
    status, body = 200, b'fine\n'
    if word == 'status':
        status = int(rest)
    if word == 'body':
        body = rest.encode()
    return (b'HTTP/1.1 %d Answer\r\nContent-Length: %d\r\n'
            b'Connection: close\r\n\r\n%s' % (status, len(body), body))


async def serve(number, reader, writer):
    note(number, 'accept')
    how = 'closed'
    try:
        head = await reader.readuntil(b'\r\n\r\n')
        lines = head.decode('latin-1').split('\r\n')
        fields = dict(line.lower().split(': ', 1) for line in lines[1:-2])
        method, target = lines[0].split(' ')[:2]
        note(number, method, target, fields.get('host'),
             fields.get('user-agent'))
        mode = modes[number]
        if mode == 'ill':
            mode = 'serve' if target == '/healthz' else 'status 503'
        if mode == 'hang':
            await reader.read()
        elif mode == 'reset':
            writer.get_extra_info('socket').setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER,
                struct.pack('ii', 1, 0))
        else:
            writer.write(answer(mode))
            await writer.drain()
    except asyncio.IncompleteReadError as error:
        how = 'nothing' if not error.partial else 'partial'
    except ConnectionError:
        how = 'reset'
    note(number, 'end', how)
    try:
        writer.close()
        await writer.wait_closed()
    except ConnectionError:
        pass


async def listen(number):
    def accept(reader, writer):
        return serve(number, reader, writer)
    if COUNT == 0:
        servers[number] = await asyncio.start_unix_server(
            accept, DIR + '/socket')
        os.chmod(DIR + '/socket', 0o666)
        ports[number] = 0
        return
    server = await asyncio.start_server(
        accept, '127.0.0.1', ports.get(number, 0), backlog=128)
    servers[number] = server
    ports[number] = server.sockets[0].getsockname()[1]


async def command(number, mode):
    if mode == 'refuse':
        servers.pop(number).close()
        return
    if number not in servers:
        await listen(number)
    modes[number] = mode


async def main():
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    for number in range(max(COUNT, 1)):
        modes[number] = 'serve'
        await listen(number)
    with open(DIR + '/ports.new', 'w') as to:
        to.write(''.join('%d\n' % port for port in ports.values()))
    os.rename(DIR + '/ports.new', DIR + '/ports')
    while line := await orders.readline():
        who, _, mode = line.decode().rstrip('\n').partition(' ')
        for number in modes if who == '*' else [int(who)]:
            await command(number, mode)
        print(who, mode, file=told)

asyncio.run(main())
