#!/usr/bin/env python3
"""Tests headers_hash.py with headers of its own."""

import pathlib
import tempfile
import unittest

import headers_hash


class Hash(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.headers = pathlib.Path(self.folder.name)
        self.write("abi.hpp", '#define SHOAL_ABI_HEADERS "1"\nint a();\n')
        self.before = headers_hash.hash_of(self.headers)

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, text):
        (self.headers / name).write_text(text, encoding="utf-8")

    def changes_with(self, text):
        self.write("abi.hpp", text)
        return headers_hash.hash_of(self.headers) != self.before

    def test_ignores_the_constant_comments_and_white_space(self):
        self.assertFalse(self.changes_with('#define SHOAL_ABI_HEADERS "2"\nint a();\n'))
        self.assertFalse(self.changes_with('#define SHOAL_ABI_HEADERS "1"\nint  a( );  // why\n'))
        self.assertFalse(self.changes_with('/* "x" */#define SHOAL_ABI_HEADERS "1"\nint a();'
                                           .replace("/*", "// a\n/*").replace("*/", "*/\n")))

    def test_changes_with_the_code(self):
        self.assertTrue(self.changes_with('#define SHOAL_ABI_HEADERS "1"\nint b();\n'))
        self.assertTrue(self.changes_with('#define SHOAL_ABI_HEADERS "1"\nint a();auto s = "//";'))

    def test_keeps_a_comment_mark_in_a_literal(self):
        self.assertNotEqual(headers_hash.bare('a = "// b";'), headers_hash.bare('a = "// c";'))
        self.assertEqual(headers_hash.bare("n = 1'000'000; // x"), "n=1'000'000;")

    def test_changes_with_a_new_header(self):
        self.write("other.hpp", "")
        self.assertNotEqual(headers_hash.hash_of(self.headers), self.before)


if __name__ == "__main__":
    unittest.main()
