-- What 0.1 wrote; `1.sql` goes before it. Never changed.
INSERT INTO pictures VALUES ('4b2db7a8a3bb5cb3b2d6b9a7b0c1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f6a7b8c9', 'dialog.png', 640, 400, 'PNG', 4964, 0, 1767225600000);
INSERT INTO chats VALUES (1, 'What does the button say?', 0, 0, 5, 1767225600000, 1767225700000, NULL);
INSERT INTO chats VALUES (2, 'Pinned and named', 1, 1, 6, 1767225600000, 1767225650000, NULL);
INSERT INTO chats VALUES (3, 'Deleted', 0, 0, NULL, 1767225600000, 1767225600000, 1767225800000);
INSERT INTO messages VALUES (1, 1, NULL, 0, 'What does the button say?', 'whole', NULL, NULL, NULL, 1767225600000);
INSERT INTO messages VALUES (2, 1, 1, 1, 'Install now', 'stopped', NULL, 'Pocket', NULL, 1767225600100);
INSERT INTO messages VALUES (3, 1, 1, 1, 'Install later', 'whole', NULL, 'Pocket', '{"n_encoded_pictures":1,"encode_s":0.1,"n_read_tokens":512,"n_cached_tokens":0,"prefill_s":0.2,"first_token_s":0.3,"n_answer_tokens":3,"decode_s":0.05}', 1767225600200);
INSERT INTO messages VALUES (4, 1, 3, 0, 'And the title?', 'whole', NULL, NULL, NULL, 1767225600300);
INSERT INTO messages VALUES (5, 1, 4, 1, 'Update', 'writing', NULL, NULL, NULL, 1767225600400);
INSERT INTO messages VALUES (6, 2, NULL, 0, 'Bonjour', 'whole', NULL, NULL, NULL, 1767225600500);
INSERT INTO attachments VALUES (1, 0, '4b2db7a8a3bb5cb3b2d6b9a7b0c1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f6a7b8c9', 'dialog.png', '[10,20,300,200]', 1, 512);
INSERT INTO drafts VALUES (2, 'half a question', '[]');
