/** The chats of people whom the messenger calls otherwise when they leave; the names are the messenger's own word. */
export interface MessengerNames {
  chatsOf(messengerUserId: string): Promise<string[]>
  /** Whoever has this chat is unlinked. */
  forget(chatbotUser: string): Promise<void>
}
