namespace nas::tests {}
